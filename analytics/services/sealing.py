"""Seal the inbox: accepted events become segments, each once, whatever dies on the way."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

import duckdb
import pyarrow as pa
from django.db import DatabaseError, transaction
from django.db.models import Max
from django.db.models.functions import Length
from django.utils import timezone

from accounts.errors import DeadlineExceeded
from analytics.contracts import DropReason
from analytics.models import InboxEntry, Manifest, PersonLink, Segment
from analytics.services import definitions, engine, erasures_in_inbox, identity, ledger, retention, traits, usage
from analytics.services.batches import Batch, read
from analytics.store.base import Rows, StoreFault, Writer
from analytics.store.duplicates import first_of_each

LOG = logging.getLogger(__name__)
# An event with its properties takes some kilobytes until it is written.
MOST_EVENTS = 30_000
MOST_BYTES = 16 * 1024 * 1024
MOST_ENTRIES = 20_000
ONE_TICK = timedelta(microseconds=1)
# What may go wrong with one project without being the fault of the others.
FAULTS = (DatabaseError, OSError, pa.ArrowException, duckdb.Error, StoreFault, DeadlineExceeded)


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
    except OSError as error:
        # A full disk or one that cannot be written, at every pass until somebody sees to it.
        LOG.error("Sealing failed; the inbox keeps the events: %s", error, extra={"project_id": project_id})  # noqa: TRY400
        return SealReport(project_id)
    except FAULTS:
        LOG.exception("Sealing failed; the inbox keeps the events.", extra={"project_id": project_id})
        return SealReport(project_id)


def _pass(project_id: int) -> SealReport:
    """One bounded share of the inbox, all or nothing: what no transaction claims is swept later."""
    writer = engine.writer()
    with writer.batch(project_id) as number:
        return _sealed(writer, number, project_id) if number is not None else SealReport(project_id)


@transaction.atomic
def _sealed(writer: Writer, number: int, project_id: int) -> SealReport:
    manifest = Manifest.objects.select_for_update(skip_locked=True).filter(project_id=project_id).first()
    if manifest is None:
        return SealReport(project_id)
    ids = _next_entries(project_id)
    if not ids:
        return SealReport(project_id)
    arrived = read(InboxEntry.objects.filter(pk__in=ids).order_by("pk"))
    batch = erasures_in_inbox.leave_out(project_id=project_id, batch=arrived)
    unique = _without_duplicates(writer, project_id, batch)
    organization_id = manifest.project.organization_id
    fresh = retention.without_expired(organization_id=organization_id, batch=unique, now=timezone.now())
    segments = _write(writer, number, project_id, fresh)
    # An entry of the inbox is sealed once, and its number never given again: the first names the batch.
    usage.count(organization_id=organization_id, project_id=project_id, batch=str(ids[0]), events=fresh.events)
    definitions.learn(project_id=project_id, events=fresh.events, properties=fresh.properties)
    traits.learn(project_id=project_id, events=fresh.events, properties=fresh.properties)
    InboxEntry.objects.filter(pk__in=ids).delete()
    _advance(manifest, batch)
    duplicates = len(batch.events) - len(unique.events)
    # Together, since two writes of the ledger in one transaction could wait for another's.
    drops = {DropReason.DUPLICATE: duplicates, DropReason.TOO_OLD: len(unique.events) - len(fresh.events)}
    ledger.count_drops(project=manifest.project, drops=drops, moment=timezone.now())
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


def _without_duplicates(writer: Writer, project_id: int, batch: Batch) -> Batch:
    unique = batch.only(first_of_each(batch.events))
    if not unique.events:
        return unique
    known = writer.stored_already(project_id, unique.events)
    return unique.only([place for place in range(len(unique.events)) if place not in known])


def _write(writer: Writer, number: int, project_id: int, batch: Batch) -> int:
    """The batch in the store; the number of segments that it became."""
    if not batch.events:
        return 0
    at = next_moment(project_id)
    people = identity.resolve(project_id=project_id, events=batch.events, at=at)
    return writer.append(number, Rows(project_id, batch.events, people, batch.properties, at))


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
