"""The manifest from the files, after the database is lost."""

import io
import os
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from analytics.models import Manifest, Segment
from analytics.queries import storage
from analytics.services import compaction
from tests.analytics.engines import LATER, rows_of
from tests.analytics.events import NOON, event, store

pytestmark = pytest.mark.django_db
FACTS = ("first_day", "last_day", "time_min", "time_max", "rows", "bytes", "checksum", "is_summarized")


def rebuild(project, *options):
    out = io.StringIO()
    call_command("store", "rebuild", "--project", str(project.pk), *options, stdout=out)
    return out.getvalue()


def facts(project):
    return {pk: facts for pk, *facts in Segment.objects.live().filter(project=project).values_list("pk", *FACTS)}


@pytest.fixture
def stored(project):
    """Two segments, of which one is what compaction made of two; their files too are still there."""
    store(project, [event(NOON, message_id="a", properties={"price": 1})])
    store(project, [event(NOON + timedelta(hours=2), message_id="b")])
    compaction.compact_project(project_id=project.pk, now=LATER)
    store(project, [event(NOON + timedelta(days=1), message_id="c")])
    old = Segment.objects.exclude(retired_at=None)
    for segment in old:
        os.utime(storage.path_of(segment), (0, 0))
    return facts(project)


def forget(project):
    Segment.objects.filter(project=project).delete()
    Manifest.objects.filter(project=project).update(data_up_to=None)


def test_files_without_a_manifest_are_taken_again(project, stored):
    compaction.sweep(now=LATER + timedelta(days=9))
    forget(project)

    said = rebuild(project)

    assert facts(project) == stored
    assert sorted(rows_of(project, "message_id")) == [("a",), ("b",), ("c",)]
    assert Manifest.objects.get(project=project).data_up_to == NOON + timedelta(days=1)
    assert "2 files with 3 events are in the manifest again." in said
    assert "Not in any file" in said


def test_what_was_replaced_is_not_brought_back_unasked(project, stored):
    forget(project)

    with pytest.raises(CommandError, match="2 files have events that newer files have"):
        rebuild(project)
    assert not Segment.objects.exists()

    said = rebuild(project, "--newest-wins")

    assert facts(project) == stored
    assert said.count("1 events, of which 0 are nowhere else") == 2


def test_what_the_manifest_has_comes_before_all(project):
    store(project, [event(NOON, message_id="a")])
    kept = Segment.objects.get(project=project)
    os.utime(storage.path_of(kept), (0, 0))
    store(project, [event(NOON, message_id="b")])
    lost = Segment.objects.exclude(pk=kept.pk).get()
    Segment.objects.filter(pk=lost.pk).delete()

    assert "1 files with 1 events" in rebuild(project)
    assert "0 files with 0 events" in rebuild(project)
    assert set(facts(project)) == {kept.pk, lost.pk}


def test_an_unreadable_file_is_named_and_left(project, stored):
    forget(project)
    path = next(storage.folder().glob("*/*/*.parquet"))
    path.write_bytes(b"rubbish")

    assert f"unreadable: {path}" in rebuild(project, "--newest-wins")


def test_a_check_after_it_finds_only_what_was_left_out(project, stored):
    forget(project)
    rebuild(project, "--newest-wins")

    out = io.StringIO()
    call_command("store", "check", "--repair", "--project", str(project.pk), stdout=out)

    assert out.getvalue().count("file of no segment") == 2
    assert "2 problems, 2 repaired." in out.getvalue()


def test_no_such_project_is_a_sentence():
    with pytest.raises(CommandError, match="There is no project 7"):
        call_command("store", "rebuild", "--project", "7")
