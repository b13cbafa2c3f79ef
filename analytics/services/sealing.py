"""Seal the inbox: accepted events become segments, each once, whatever dies on the way."""

import logging
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import duckdb
import pyarrow as pa
from django.db import DatabaseError, transaction
from django.db.models import Max
from django.db.models.functions import Length
from django.utils import timezone

from accounts.errors import DeadlineExceeded
from analytics.contracts import DropReason
from analytics.models import InboxEntry, Manifest, PersonLink, Segment
from analytics.queries import storage
from analytics.services import definitions, erasures_in_inbox, identity, ledger, retention, traits, usage
from analytics.services.batches import Batch, read
from analytics.store import files
from analytics.store.duplicates import NEAR, first_of_each, stored_already

LOG = logging.getLogger(__name__)
MOST_EVENTS = 200_000
MOST_BYTES = 16 * 1024 * 1024
MOST_ENTRIES = 20_000
UPKEEP_SECONDS = 600
ONE_TICK = timedelta(microseconds=1)
# What may go wrong with one project without being the fault of the others.
FAULTS = (DatabaseError, OSError, pa.ArrowException, duckdb.Error, DeadlineExceeded)


@dataclass(frozen=True, slots=True)
class SealReport:
    """What became of a project's inbox entries; all zeros where there were none, or somebody else seals them."""

    project_id: int
    entries: int = 0
    events: int = 0
    duplicates: int = 0
    segments: int = 0
    unreadable: int = 0

    def __add__(self, other: "SealReport") -> "SealReport":
        return SealReport(
            self.project_id,
            self.entries + other.entries,
            self.events + other.events,
            self.duplicates + other.duplicates,
            self.segments + other.segments,
            self.unreadable + other.unreadable,
        )


def seal_all() -> list[SealReport]:
    """Seal every project that has something, one pass each in turn; one's fault stops no other."""
    reports: dict[int, SealReport] = {}
    waiting = _waiting()
    while waiting:
        for project_id in tuple(waiting):
            report = _pass_or_log(project_id)
            reports[project_id] = reports.get(project_id, SealReport(project_id)) + report
            if not report.entries:
                waiting.remove(project_id)
    return list(reports.values())


def seal_project(*, project_id: int) -> SealReport:
    """Seal what the project's inbox holds; nothing where another process is at it."""
    report = SealReport(project_id)
    while (done := _pass(project_id)).entries:
        report += done
    return report


def _waiting() -> list[int]:
    return list(InboxEntry.objects.order_by("project_id").values_list("project_id", flat=True).distinct())


def _pass_or_log(project_id: int) -> SealReport:
    try:
        return _pass(project_id)
    except FAULTS:
        LOG.exception("Sealing failed; the inbox keeps the events.", extra={"project_id": project_id})
        return SealReport(project_id)


@transaction.atomic
def _pass(project_id: int) -> SealReport:
    """One bounded share of the inbox, all or nothing: a file that no transaction claims is swept later."""
    manifest = Manifest.objects.select_for_update(skip_locked=True).filter(project_id=project_id).first()
    if manifest is None:
        return SealReport(project_id)
    ids = _next_entries(project_id)
    if not ids:
        return SealReport(project_id)
    arrived = read(InboxEntry.objects.filter(pk__in=ids).order_by("pk"))
    batch = erasures_in_inbox.leave_out(project_id=project_id, batch=arrived)
    unique = _without_duplicates(project_id, batch)
    fresh = retention.without_expired(project=manifest.project, batch=unique, now=timezone.now())
    segments = _write(project_id, fresh)
    usage.count(project_id=project_id, events=fresh.events)
    definitions.learn(project_id=project_id, events=fresh.events, properties=fresh.properties)
    traits.learn(project_id=project_id, events=fresh.events, properties=fresh.properties)
    InboxEntry.objects.filter(pk__in=ids).delete()
    _advance(manifest, batch)
    duplicates = len(batch.events) - len(unique.events)
    ledger.count_drops(project=manifest.project, drops={DropReason.DUPLICATE: duplicates}, moment=timezone.now())
    return SealReport(project_id, len(ids), len(fresh.events), duplicates, segments, batch.unreadable)


def _next_entries(project_id: int) -> list[int]:
    """The oldest entries that one pass may hold in memory; at least one."""
    facts = InboxEntry.objects.filter(project_id=project_id).order_by("pk").annotate(size=Length("payload"))
    chosen: list[int] = []
    events = size = 0
    for pk, count, length in facts.values_list("pk", "events", "size")[:MOST_ENTRIES]:
        events, size = events + count, size + length
        if chosen and (events > MOST_EVENTS or size > MOST_BYTES):
            break
        chosen.append(pk)
    return chosen


def _without_duplicates(project_id: int, batch: Batch) -> Batch:
    unique = batch.only(first_of_each(batch.events))
    if not unique.events:
        return unique
    days = {datetime.fromtimestamp(event.time / 1e6, UTC).date() for event in unique.events}
    near = [storage.path_of(segment) for segment in _near(project_id, days)]
    known = stored_already(unique.events, near, storage.limits(seconds=UPKEEP_SECONDS))
    return unique.only([place for place in range(len(unique.events)) if place not in known])


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


def _write(project_id: int, batch: Batch) -> int:
    """The batch as segments in the manifest; their number."""
    if not batch.events:
        return 0
    at = next_moment(project_id)
    people = identity.resolve(project_id=project_id, events=batch.events, at=at)
    table = files.table_of(batch.events, people, batch.properties)
    segments = [write_segment(project_id, part, at) for part in files.split_by_days(table)]
    Segment.objects.bulk_create(segments)
    return len(segments)


def write_segment(project_id: int, table: pa.Table, at: datetime) -> Segment:
    """Write a table's file; the segment is not saved yet."""
    days = files.days_of(table)
    segment = Segment(project_id=project_id, first_day=days[0], last_day=days[1], created_at=at)
    facts = files.write(table, storage.path_of(segment))
    segment.time_min, segment.time_max = facts.time_min, facts.time_max
    segment.rows, segment.bytes, segment.checksum = facts.rows, facts.bytes, facts.checksum
    segment.property_columns = facts.property_columns
    return segment


def next_moment(project_id: int) -> datetime:
    """Now, but after every link and segment of the project: their order tells which segment knew of whom."""
    latest = latest_moment(project_id)
    return max(timezone.now(), latest + ONE_TICK) if latest else timezone.now()


def latest_moment(project_id: int) -> datetime | None:
    """When the newest link or segment of the project was made."""
    latest = (
        PersonLink.objects.filter(project_id=project_id).aggregate(at=Max("created_at"))["at"],
        Segment.objects.live().filter(project_id=project_id).aggregate(at=Max("created_at"))["at"],
    )
    return max(filter(None, latest), default=None)


def _advance(manifest: Manifest, batch: Batch) -> None:
    manifest.version += 1
    if batch.received_up_to is not None:
        manifest.data_up_to = max(filter(None, (manifest.data_up_to, batch.received_up_to)))
    manifest.save(update_fields=["version", "data_up_to"])
