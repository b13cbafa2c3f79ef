"""Compute cohorts that are due, those first that others are built from, whatever dies.

One at once, of all organizations: a worker has few threads, and sealing always has to find one of them.
"""

import time
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import duckdb
import pyarrow as pa
import structlog
from django.db import connection, transaction
from django.utils import timezone

from accounts.errors import PlumblineError
from analytics.models import Cohort, Erasure, Manifest
from analytics.models.cohorts import COMPUTED_EVERY
from analytics.queries.cohort_computing import Computed, compute
from analytics.services import cohort_members
from analytics.store.base import SnapshotGone, StoreFault
from analytics.store.stop import Stop

# Longer than a person's query may take: nobody waits.
SECONDS = 120.0
# A worker that was not heard of for so long is dead: it would have met its deadline.
LEASE = timedelta(seconds=SECONDS + 60)
SLICE_SECONDS = 10.0
MOST_ATTEMPTS = 3
# After a fault that is not the cohort's own.
AGAIN = timedelta(minutes=1)
MOST_UNKNOWN_SHOWN = 100
MOST_REASON = 500
FAULT = "The event store failed. It is tried again in a minute; the server's log says more."
STOPPED = f"Computing it was cut off {MOST_ATTEMPTS} times. The server's log says why."
_LOCK = 7_303_015
# The store's, not the cohort's.
_FAULTS = (OSError, pa.ArrowException, duckdb.Error, StoreFault, SnapshotGone)
State = Cohort.State
# An erasure, and an id of its person.
Erased = tuple[UUID, str]
_log = structlog.get_logger(__name__)


class _LeaseLost(Exception):
    """The cohort was changed or deleted, or somebody else computes it."""


def compute_due(*, now: datetime | None = None, seconds: float = SLICE_SECONDS) -> int:
    """Compute what is due for so long; how many came to an end. Safe to call at any time, from anywhere."""
    until, count = time.monotonic() + seconds, 0
    while time.monotonic() < until and (held := _lease(now or timezone.now())) is not None:
        _work(held, now or timezone.now())
        count += 1
    return count


def _work(held: Cohort, now: datetime) -> None:
    erased = _being_erased(held.project_id)
    try:
        _keep(held, _computed(held, now), now, erased)
    except _LeaseLost:
        _log.info("cohort_lease_lost", cohort_id=held.pk)
    except _FAULTS:
        _log.exception("cohort_failed", cohort_id=held.pk)
        _fail(held, FAULT, now + AGAIN)
    except PlumblineError as error:
        _fail(held, str(error), now + COMPUTED_EVERY)
    except BaseException:
        # A fault of ours: others need not wait until the lease runs out.
        Cohort.objects.filter(pk=held.pk, fence=held.fence).update(lease_until=None)
        raise


@transaction.atomic
def _lease(now: datetime) -> Cohort | None:
    """The cohort that has waited longest of those that may be computed now."""
    with connection.cursor() as cursor:
        # One at a time looks whether another is at it.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    if Cohort.objects.filter(lease_until__gt=now).exists():
        return None
    due = Cohort.objects.filter(due_at__lte=now)
    waiting = set(due.values_list("pk", flat=True))
    for pk, uses in due.order_by("due_at", "pk").values_list("pk", "uses"):
        # Others are computed first, where it is built from them.
        if waiting.isdisjoint(uses) and (found := _taken(pk, now)):
            return found
    return None


def _taken(cohort_id: int, now: datetime) -> Cohort | None:
    found = Cohort.objects.select_related("project").select_for_update(of=("self",)).filter(pk=cohort_id).first()
    if found is None:
        return None
    if found.attempts >= MOST_ATTEMPTS:
        _end(found, state=State.FAILED, problem=STOPPED, basis="", due_at=now + COMPUTED_EVERY)
        return None
    found.state, found.problem, found.lease_until = State.COMPUTING, "", now + LEASE
    found.fence += 1
    found.attempts += 1
    found.save(update_fields=["state", "problem", "lease_until", "fence", "attempts"])
    return found


def _computed(held: Cohort, now: datetime) -> Computed:
    stop = Stop(SECONDS)
    try:
        return compute(held, now=now, stop=stop)
    except SnapshotGone:
        # Compaction and sweeping took away a file that it was about to read.
        return compute(held, now=now, stop=stop)


@transaction.atomic
def _keep(held: Cohort, computed: Computed, now: datetime, erased: Collection[Erased]) -> None:
    # Nobody is erased while the membership is written.
    Manifest.objects.select_for_update().get(project_id=held.project_id)
    found = _locked(held)
    values: dict[str, Any] = {"state": State.READY, "as_of": now, "basis": computed.basis}
    if computed.people is not None:
        gone = {identifier for _, identifier in _being_erased(held.project_id) - set(erased)}
        people = [pair for pair in computed.people if pair[1] not in gone]
        unknown = [identifier for identifier in computed.unknown if identifier not in gone]
        if cohort_members.replace(found, people) or found.as_of is None:
            # These are built from it.
            Cohort.objects.of(held.project_id).built_from(held.pk).update(due_at=now)
        values |= {"membership": found.membership, "size": found.size, "rows_read": computed.rows_read}
        values |= {"unknown": len(unknown), "unknown_people": unknown[:MOST_UNKNOWN_SHOWN]}
    _end(found, **values, due_at=_next(found, held, now + COMPUTED_EVERY))


def _being_erased(project_id: int) -> set[Erased]:
    """Each erasure that is not done, with each id of its person."""
    waiting = Erasure.objects.unfinished().filter(project_id=project_id).values_list("pk", "ids")
    return {(pk, identifier) for pk, ids in waiting for identifier in ids}


def _next(found: Cohort, held: Cohort, at: datetime) -> datetime:
    """When to compute it again: at once where that was wished for while it was computed."""
    return at if found.due_at == held.due_at else found.due_at


def _locked(held: Cohort) -> Cohort:
    """The cohort's row, if it is still ours. Raises _LeaseLost."""
    found = Cohort.objects.select_for_update().filter(pk=held.pk, fence=held.fence).first()
    if found is None or found.state != State.COMPUTING:
        raise _LeaseLost
    return found


def _fail(held: Cohort, problem: str, again: datetime) -> None:
    try:
        with transaction.atomic():
            found = _locked(held)
            due_at = _next(found, held, again)
            _end(found, state=State.FAILED, problem=problem[:MOST_REASON], basis="", due_at=due_at)
    except _LeaseLost:
        _log.info("cohort_lease_lost", cohort_id=held.pk)


def _end(found: Cohort, **values: object) -> None:
    for name, value in {**values, "lease_until": None, "attempts": 0}.items():
        setattr(found, name, value)
    found.save(update_fields=[*values, "lease_until", "attempts"])
