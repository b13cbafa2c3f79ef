"""What the engine may reach, how long it may take, and what it reads."""

from datetime import timedelta
from typing import Any

import duckdb
import ibis
import pytest

from accounts.errors import DeadlineExceeded
from analytics.kinds import parse_spec
from analytics.models import Segment
from analytics.periods import Span
from analytics.queries import manifest, storage
from analytics.queries.run import run_query
from analytics.services import compaction
from analytics.store.base import Range, SnapshotGone, StoreFault, Wanted
from analytics.store.columns import JSON_ONLY, MOST_PROPERTIES
from analytics.store.connection import cursor
from analytics.store.segments import SegmentStore
from tests.analytics.engines import LATER
from tests.analytics.events import NOON, event, store

pytestmark = pytest.mark.django_db
DAY = Span(NOON - timedelta(hours=12), NOON + timedelta(hours=12))
WITHIN = Range(DAY, (DAY,))


def reading_of(project, wanted):
    snapshot = manifest.snapshot(project.pk, start=DAY.start, end=DAY.end)
    return SegmentStore(storage.limits()).read(snapshot, WITHIN, wanted)


def test_queries_cannot_read_other_files():
    with cursor(storage.limits()) as own, pytest.raises(duckdb.PermissionException):
        own.execute("SELECT * FROM read_csv('/etc/passwd')")


def test_queries_cannot_open_the_door_again():
    with cursor(storage.limits()) as own, pytest.raises(duckdb.InvalidInputException):
        own.execute("SET enable_external_access = true")


def test_a_query_ends_at_its_deadline():
    endless = "SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE a.range % 7 = b.range % 5"

    with pytest.raises(DeadlineExceeded), cursor(storage.limits(seconds=0.2)) as own:
        own.execute(endless)


def test_a_reading_has_only_what_was_wanted(project):
    store(project, [event(path="/a", source="Google", properties={"price": 2})])

    with reading_of(project, Wanted(frozenset({"path"}), numbers=frozenset({"price"}))) as reading:
        assert reading.rows(reading.events.drop("time", "who")) == [("/a", 2.0, 0)]


def test_a_property_that_nobody_sent_is_empty(project):
    store(project, [event()])

    with reading_of(project, Wanted(texts=frozenset({"plan"}))) as reading:
        assert reading.rows(reading.events.select("t:plan")) == [(None,)]


def test_properties_without_a_column_are_read_from_the_json(project):
    many = {f"p{number:03}": number for number in range(MOST_PROPERTIES)}
    rare = {"zz/~\"'": "rare", "zzz": True}
    store(project, [event(properties=many), event(properties=many), event(message_id="rare", properties=rare)])
    store(project, [event(message_id="other", properties={"zzz": 5})])
    wanted = Wanted(frozenset({"message_id"}), frozenset({"zzz"}), frozenset({"zz/~\"'", "zzz"}))

    def rows():
        with reading_of(project, wanted) as reading:
            table = reading.events.filter(ibis._.message_id.isin(["rare", "other"])).order_by("message_id")
            return reading.rows(table.select("n:zzz", "t:zz/~\"'", "t:zzz"))

    expected = [(5.0, None, None), (1.0, "rare", "true")]
    assert rows() == expected
    assert any(JSON_ONLY in segment.property_columns for segment in Segment.objects.all())
    compaction.compact_project(project_id=project.pk, now=LATER)
    assert rows() == expected


def test_a_query_takes_a_new_snapshot_if_a_file_was_swept_meanwhile(project, monkeypatch):
    store(project, [event(message_id="a", anonymous_id="a")])
    store(project, [event(message_id="b", anonymous_id="b")])
    stale = manifest.snapshot(project.pk, start=DAY.start, end=DAY.end)
    compaction.compact_project(project_id=project.pk, now=LATER)
    compaction.sweep(now=LATER)
    snapshots = iter([stale, manifest.snapshot(project.pk, start=DAY.start, end=DAY.end)])
    monkeypatch.setattr(manifest, "snapshot", lambda *_args, **_kwargs: next(snapshots))
    spec = parse_spec({"kind": "trends", "period": {"from": "2026-11-20", "to": "2026-11-20"}, "series": [{}]})

    result: Any = run_query(project=project, spec=spec).result

    assert result.lines[0].total == 2


def test_a_file_that_is_gone_from_new_snapshots_too_is_the_stores_fault(project):
    store(project, [event()])
    storage.path_of(Segment.objects.get()).unlink()
    spec = parse_spec({"kind": "trends", "period": {"from": "2026-11-20", "to": "2026-11-20"}, "series": [{}]})

    with pytest.raises(SnapshotGone) as caught:
        run_query(project=project, spec=spec)

    assert (caught.value.status, caught.value.headers) == (503, {"Retry-After": "5"})


def test_a_disk_without_room_for_large_queries_is_the_stores_fault(project):
    store(project, [event()])
    spill = storage.folder().parent / "spill"
    for left in spill.iterdir() if spill.exists() else ():
        left.unlink()
    if spill.exists():
        spill.rmdir()
    spill.write_text("in the way")

    with pytest.raises(StoreFault, match="spill"), reading_of(project, Wanted()):
        pass


def test_only_files_of_the_period_are_opened(project):
    store(project, [event(NOON - timedelta(days=40)), event(NOON)])

    snapshot = manifest.snapshot(project.pk, start=DAY.start, end=DAY.end)

    assert len(snapshot.files) == 1
