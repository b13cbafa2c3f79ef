"""Segments grow together, with what was learnt of people since, and the folder is kept clean."""

import os
from datetime import date, timedelta
from uuid import UUID

import pytest

from analytics.contracts import number_of
from analytics.models import Manifest, Segment
from analytics.queries import storage
from analytics.services import compaction
from analytics.store.merge import merge
from analytics.store.plan import MOST_ROWS, Facts, plan
from tests.analytics.engines import LATER, PERSON, rows_of
from tests.analytics.events import NOON, event, store


def facts(number, *, day=date(2026, 11, 20), rows=10, created_at=NOON):
    return Facts(UUID(int=number), day, day, rows, created_at)


def numbers(groups):
    return [[item.id.int for item in group] for group in groups]


def test_eight_small_files_of_a_day_become_one():
    assert numbers(plan([facts(n) for n in range(8)], NOON)) == [list(range(8))]


def test_seven_do_not():
    assert plan([facts(n) for n in range(7)], NOON) == []


def test_a_large_file_is_not_rewritten_for_a_few_small_ones():
    assert plan([facts(0, rows=100_000), *(facts(n) for n in range(1, 7))], NOON) == []


def test_a_month_that_is_over_and_quiet_becomes_files_of_bounded_size():
    half = MOST_ROWS // 2
    segments = [facts(n, day=date(2026, 11, n + 1), rows=half) for n in range(5)]

    assert numbers(plan(segments, LATER)) == [[0, 1], [2, 3]]


def test_a_month_that_still_gets_events_is_left_alone():
    assert plan([facts(0), facts(1, created_at=LATER)], LATER) == []


@pytest.mark.django_db
def test_the_merged_segment_has_all_rows_and_all_columns(project):
    store(project, [event(NOON, message_id="a", properties={"price": 1})])
    store(project, [event(NOON + timedelta(days=1), message_id="b", properties={"plan": "pro"})])
    version = Manifest.objects.get(project=project).version

    replaced = compaction.compact_project(project_id=project.pk, now=LATER)

    segment = Segment.objects.live().get(project=project)
    assert replaced == 2
    assert (str(segment.first_day), str(segment.last_day), segment.rows) == ("2026-11-20", "2026-11-21", 2)
    assert segment.property_columns == ["n:price", "t:plan"]
    assert rows_of(project, 'message_id, "n:price", "t:plan"') == [("a", 1.0, None), ("b", None, "pro")]
    assert Manifest.objects.get(project=project).version == version + 1


@pytest.mark.django_db
def test_people_linked_since_are_in_the_merged_segment(project):
    store(project, [event(message_id="a", anonymous_id="cookie")])
    store(project, [event(message_id="b", kind="identify", anonymous_id="cookie", user_id="ada")])

    compaction.compact_project(project_id=project.pk, now=LATER)

    assert rows_of(project, f"{PERSON}, who") == [("ada", number_of("ada"))] * 2


@pytest.mark.django_db
def test_a_merge_whose_input_is_gone_changes_nothing(project, monkeypatch):
    store(project, [event(message_id="a")])
    store(project, [event(message_id="b")])

    def meanwhile(*args, **kwargs):
        Segment.objects.filter(project=project).update(retired_at=NOON)
        return merge(*args, **kwargs)

    monkeypatch.setattr("analytics.services.compaction.merge", meanwhile)

    assert compaction.compact_project(project_id=project.pk, now=LATER) == 0
    assert not Segment.objects.live().exists()


@pytest.mark.django_db
def test_replaced_files_go_after_ten_minutes_and_orphans_after_an_hour(project):
    store(project, [event(message_id="a")])
    store(project, [event(message_id="b")])
    old = [storage.path_of(segment) for segment in Segment.objects.all()]
    compaction.compact_project(project_id=project.pk, now=LATER)
    live = storage.path_of(Segment.objects.live().get())
    orphan = live.with_name("00000000-0000-0000-0000-000000000001.parquet")
    orphan.write_bytes(b"")
    moment = Segment.objects.filter(retired_at__isnull=False).values_list("retired_at", flat=True)[0] or NOON
    os.utime(orphan, (moment.timestamp(), moment.timestamp()))

    assert compaction.sweep(now=moment + timedelta(minutes=9)) == 0
    assert compaction.sweep(now=moment + timedelta(minutes=11)) == 2
    assert [path.exists() for path in old] == [False, False]
    assert compaction.sweep(now=moment + timedelta(minutes=61)) == 1
    assert (live.exists(), orphan.exists()) == (True, False)


@pytest.mark.django_db
def test_a_process_compacts_once_at_a_time(project, monkeypatch):
    store(project, [event(message_id="a")])
    store(project, [event(message_id="b")])
    merged = []

    def meanwhile(*, project_id):
        merged.append(project_id)
        compaction.compact_all()

    monkeypatch.setattr(compaction, "compact_project", meanwhile)

    compaction.compact_all()
    compaction.compact_all()

    assert merged == [project.pk] * 2
