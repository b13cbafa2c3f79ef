"""The write side of the segments on this machine."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta

import pyarrow as pa
from django.db.models import Max, Min, Sum

from analytics.contracts import Event
from analytics.models import Segment
from analytics.queries import storage
from analytics.querysets import SegmentQuerySet
from analytics.store import files
from analytics.store.base import EPOCH, Rows, Statistics
from analytics.store.duplicates import NEAR, stored_already

_DAY = 86_400_000_000  # microseconds


class SegmentWriter:
    """Files become part of the store when their rows in the manifest are committed; others are swept."""

    @contextmanager
    def batch(self, project_id: int) -> Iterator[int | None]:  # noqa: ARG002 (files need no number)
        yield 0

    def stored_already(self, project_id: int, events: Sequence[Event]) -> set[int]:
        days = {(EPOCH + timedelta(days=day)).date() for day in {event.time // _DAY for event in events}}
        near = [storage.path_of(segment) for segment in _near(project_id, days)]
        return stored_already(events, near, storage.upkeep_limits())

    def append(self, batch: int, rows: Rows) -> int:  # noqa: ARG002
        table = files.table_of(rows.events, rows.people, rows.properties)
        segments = [write_segment(rows.project_id, part, rows.at) for part in files.split_by_days(table)]
        Segment.objects.bulk_create(segments)
        return len(segments)

    def has_before(self, project_id: int, day: date) -> bool:
        return _before(project_id, day).exists()

    def drop_before(self, project_id: int, day: date, now: datetime) -> int:
        return _before(project_id, day).update(retired_at=now)

    def remove(self, project_id: int) -> None:
        for folder in (storage.folder(), storage.unreadable_folder()):
            if (own := folder / str(project_id)).is_dir():
                shutil.rmtree(own)

    def statistics(self, project_id: int) -> Statistics:
        found = (
            Segment.objects.live()
            .filter(project_id=project_id)
            .aggregate(
                rows=Sum("rows", default=0),
                bytes=Sum("bytes", default=0),
                first=Min("first_day"),
                last=Max("last_day"),
            )
        )
        return Statistics(found["rows"], found["bytes"], found["first"], found["last"])

    def upkeep(self) -> None:
        """Nothing: compaction and the sweep of files are tasks of their own."""


def _before(project_id: int, day: date) -> SegmentQuerySet:
    return Segment.objects.live().filter(project_id=project_id, last_day__lt=day)


def _near(project_id: int, days: set[date]) -> list[Segment]:
    """The live segments that may hold an event of one of these days, or of a day beside one."""
    found = Segment.objects.overlapping(
        project_id=project_id, first_day=min(days) - NEAR, last_day=max(days) + NEAR
    )
    return [
        segment
        for segment in found
        if any(segment.first_day - NEAR <= day <= segment.last_day + NEAR for day in days)
    ]


def write_segment(project_id: int, table: pa.Table, at: datetime) -> Segment:
    """Write a table's file; the segment is not saved yet."""
    days = files.days_of(table)
    segment = Segment(project_id=project_id, first_day=days[0], last_day=days[1], created_at=at)
    facts = files.write(table, storage.path_of(segment))
    segment.time_min, segment.time_max = facts.time_min, facts.time_max
    segment.rows, segment.bytes, segment.checksum = facts.rows, facts.bytes, facts.checksum
    segment.property_columns = facts.property_columns
    return segment
