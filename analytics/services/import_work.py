"""Work on imports in slices: each chunk of rows is durable together with the place behind it."""

import time
from collections.abc import Callable, Iterable
from datetime import timedelta
from uuid import UUID

import structlog
from django.db import connection, transaction
from django.db.models import Q, Sum
from django.utils import timezone

from accounts.errors import QuotaExceeded
from analytics.ingestion.files import readers
from analytics.ingestion.files.formats import Format
from analytics.ingestion.files.judging import judge
from analytics.ingestion.files.readers import Options
from analytics.ingestion.files.source import FileProblem, Mark, Row, Source
from analytics.models import Import, InboxEntry
from analytics.models.imports import State
from analytics.queries import imports
from analytics.queries.options import options_of
from analytics.services import imported_totals, ingestion, quota, uploads
from analytics.services.imports import chunks

SLICE_SECONDS = 10.0
LEASE = timedelta(seconds=60)
# At most so many at once, so that sealing always finds a thread of the worker free.
AT_ONCE = 2
MOST_ATTEMPTS = 5
MOST_COMPLAINTS = 100
MOST_REASON = 300
# With so many events unsealed an import waits: the inbox is no place to keep a file in.
MOST_WAITING = 500_000
_LOCK = 7_303_014
_TO_DO = (State.QUEUED, State.RUNNING)
_log = structlog.get_logger(__name__)


class _LeaseLost(Exception):
    """The import was cancelled, or somebody else works on it."""


def work(*, import_id: UUID, seconds: float = SLICE_SECONDS) -> bool:
    """Read on for so long; whether there is more to do at once. Safe to call at any time, from anywhere."""
    held = _lease(import_id)
    if held is None:
        return False
    try:
        return _read(held, seconds)
    except _LeaseLost:
        return False
    except FileProblem as problem:
        _fail(held, str(problem))
        return False
    except QuotaExceeded as refusal:
        return _wait(held, refusal.message)


def to_do() -> list[UUID]:
    """The imports that nobody works on, the longest waiting first."""
    free = Q(lease_until=None) | Q(lease_until__lt=timezone.now())
    return list(Import.objects.filter(free, state__in=_TO_DO).order_by("created_at").values_list("pk", flat=True))


@transaction.atomic
def _lease(import_id: UUID) -> Import | None:
    with connection.cursor() as cursor:
        # One at a time counts how many there are.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    now = timezone.now()
    found = Import.objects.select_for_update().select_related("project").filter(pk=import_id).first()
    if found is None or found.state not in _TO_DO or (found.lease_until and found.lease_until > now):
        return None
    if Import.objects.filter(state__in=_TO_DO, lease_until__gt=now).count() >= AT_ONCE:
        return None
    if found.attempts >= MOST_ATTEMPTS:
        message = f"Reading stopped {MOST_ATTEMPTS} times behind row {found.rows:,}. The server's log says why."
        uploads.finish(found, State.FAILED, message)
        return None
    found.state, found.lease_until, found.started_at = State.RUNNING, now + LEASE, found.started_at or now
    found.fence += 1
    found.attempts += 1
    found.save(update_fields=["state", "lease_until", "started_at", "fence", "attempts"])
    return found


def _read(held: Import, seconds: float) -> bool:
    until = time.monotonic() + seconds
    options = Options.model_validate(held.options)
    quota.admit_import(project=held.project, now=timezone.now())
    with imports.opened(held) as source:
        for chunk in chunks(_rows(held, source, options)):
            _take(held, chunk, options, source.position)
            if time.monotonic() > until:
                return _pause(held)
    _locked(held, lambda found: uploads.finish(found, State.DONE))
    return False


def _rows(held: Import, source: Source, options: Options) -> Iterable[Row]:
    return readers.rows(
        Format(held.format),
        source,
        options=options,
        zone=held.project.zone,
        visitor_key=imports.visitor_key(held.project),
        start=Mark(held.mark_offset, held.mark_line),
    )


def _take(held: Import, chunk: list[Row], options: Options, position: int) -> None:
    """Accept a chunk and advance the place behind it, in one transaction. Raises _LeaseLost, and QuotaExceeded."""
    now = timezone.now()
    quota.admit_import(project=held.project, now=now)
    judged = judge(chunk, now=now, options=options_of(held.project), keep_bots=options.keep_bots)

    def accept(found: Import) -> None:
        ingestion.accept(
            project=held.project, events=judged.events, drops=judged.drops, received_at=now, announced=False
        )
        imported_totals.keep(project=held.project, totals=judged.totals, source=found)
        found.rows += len(chunk)
        found.mark_offset, found.mark_line = chunk[-1].after
        found.bytes_read = min(position, found.file_bytes)
        found.accepted += judged.accepted
        found.dropped += sum(judged.dropped.values())
        found.unreadable += judged.unreadable
        room = MOST_COMPLAINTS - len(found.complaints)
        found.complaints += [
            {"line": number, "reason": reason[:MOST_REASON]} for number, reason in judged.complaints[:room]
        ]
        found.lease_until, found.attempts, found.problem = now + LEASE, 0, ""
        found.save()

    _locked(held, accept)


@transaction.atomic
def _locked(held: Import, change: Callable[[Import], None]) -> None:
    """Change the import's row, if it is still ours. Raises _LeaseLost."""
    found = Import.objects.select_for_update().get(pk=held.pk)
    if found.fence != held.fence or found.state != State.RUNNING:
        raise _LeaseLost
    change(found)


def _pause(held: Import) -> bool:
    """Let go, so that another import gets its turn; whether to go on at once."""

    def release(found: Import) -> None:
        found.lease_until = None
        found.save(update_fields=["lease_until"])

    _locked(held, release)
    waiting = InboxEntry.objects.filter(project=held.project).aggregate(events=Sum("events"))["events"] or 0
    return waiting < MOST_WAITING


def _wait(held: Import, problem: str) -> bool:
    """Let go and say why: the import is taken up again by itself, and goes on once there is room."""

    def release(found: Import) -> None:
        found.lease_until, found.attempts, found.problem = None, 0, problem
        found.save(update_fields=["lease_until", "attempts", "problem"])

    try:
        _locked(held, release)
    except _LeaseLost:
        _log.info("import_lost_while_waiting", import_id=str(held.pk))
    return False


def _fail(held: Import, problem: str) -> None:
    _log.info("import_failed", import_id=str(held.pk), problem=problem)
    try:
        _locked(held, lambda found: uploads.finish(found, State.FAILED, problem))
    except _LeaseLost:
        return
