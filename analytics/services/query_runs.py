"""Queries that take longer than who asked wanted to wait: kept in the database, computed by this process."""

import logging
import zlib
from concurrent.futures import Future
from dataclasses import asdict
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db import DatabaseError, connection
from django.utils import timezone

from accounts.access import Actor
from accounts.errors import Invalid, PlumblineError, RateLimited, Unavailable, envelope, note
from analytics.kinds import parse_spec
from analytics.kinds.base import holds_nul
from analytics.models import Project, QueryRun
from analytics.queries import answers, profile_lists
from analytics.queries.desk import Ticket
from analytics.queries.run import Started, ask, start
from analytics.sensitive import Hidden
from analytics.services.run_watch import LEASE, WATCH
from analytics.store.base import SnapshotGone

LOG = logging.getLogger(__name__)
# How long an answer can be fetched, from when its query was asked.
KEPT_FOR = timedelta(hours=1)
# An organization's that are not finished.
MOST_UNFINISHED = 100
MOST_ATTEMPTS = 3
# A larger answer fails: ask for less of it.
MOST_BYTES = 64 * 2**20


def keep(*, started: Started, actor: Actor) -> QueryRun:
    """Remember a query that is being computed, so that its answer can be fetched later.

    Raises Invalid for a NUL, RateLimited where too many of the organization's are unfinished, and StoreFault; the
    query is then not computed.
    """
    try:
        run = _created(started, actor)
    except (PlumblineError, DatabaseError):
        started.ticket.leave()
        raise
    _follow(run, started.ticket)
    return run


def refreshed(*, run: QueryRun) -> QueryRun:
    """The run as it stands; where its process died, it is computed anew by this one."""
    if not run.is_finished and run.lease_expires_at < timezone.now():
        _take_up(run)
        run.refresh_from_db()
    ticket = WATCH.ticket_of(run.pk)
    if ticket is not None and not run.is_finished:
        run.position = ticket.position
        run.state = QueryRun.State.RUNNING if ticket.begun.is_set() else QueryRun.State.QUEUED
    return run


def answer_of(run: QueryRun) -> answers.Answer:
    """The answer of a run that is done. Raises Unavailable where another version wrote it."""
    found = answers.decoded(zlib.decompress(bytes(run.answer or b"")))
    if found is None:
        raise Unavailable("This answer is of another version. Ask again.")
    return profile_lists.described(run.project, found, Hidden.from_json(run.hidden))


def headers_of(run: QueryRun) -> dict[str, str]:
    """What stands in the head of the error of a run that failed: when it is worth asking again, if it is."""
    seconds = (run.error or {}).get("error", {}).get("retry_after")
    return {"Retry-After": str(seconds)} if seconds else {}


def wait(*, run: QueryRun, seconds: float) -> QueryRun:
    """The run as it stands once it is finished, or after so many seconds."""
    ticket = WATCH.ticket_of(run.pk)
    if ticket is None:
        WATCH.wait_for_another(run.pk, seconds)
    else:
        ticket.wait(seconds)
        WATCH.wait_until_recorded(run.pk)
    run.refresh_from_db()
    return refreshed(run=run)


def cancel(*, run: QueryRun) -> None:
    """End it, wherever it is computed, and forget its answer."""
    QueryRun.objects.filter(pk=run.pk).update(
        state=QueryRun.State.CANCELLED,
        finished_at=timezone.now(),
        answer=None,
        error=None,
        error_status=None,
    )
    WATCH.drop(run.pk)


def forget_all(*, project: Project) -> None:
    """Cancel and delete the project's: what they answered may not be shown any more."""
    for run in QueryRun.objects.filter(project=project).only("pk"):
        WATCH.drop(run.pk)
    QueryRun.objects.filter(project=project).delete()


def forget_old() -> None:
    """Delete what was asked longer ago than answers are kept."""
    QueryRun.objects.filter(created_at__lt=timezone.now() - KEPT_FOR).delete()


def _created(started: Started, actor: Actor) -> QueryRun:
    project, estimate = started.asked.project, started.estimate
    spec = started.asked.spec.model_dump(mode="json")
    if holds_nul(spec):
        raise Invalid("The query holds the character NUL, which is in no event.")
    unfinished = QueryRun.objects.filter(
        project__organization=project.organization_id, state__in=QueryRun.UNFINISHED
    )
    if unfinished.count() >= MOST_UNFINISHED:
        raise RateLimited(f"{MOST_UNFINISHED} queries of this organization are unfinished already.", retry_after=5)
    return QueryRun.objects.create(
        project=project,
        requested_by=actor.user,
        requested_with=actor.secret_key,
        spec=spec,
        hidden=started.asked.hidden.as_json(),
        lease_expires_at=timezone.now() + LEASE,
        **{f"estimated_{name}": value for name, value in asdict(estimate).items()},
    )


def _take_up(run: QueryRun) -> None:
    """Compute it here, if nobody else was faster."""
    ours = QueryRun.objects.filter(
        pk=run.pk, lease_expires_at=run.lease_expires_at, state__in=QueryRun.UNFINISHED
    ).update(lease_expires_at=timezone.now() + LEASE, attempts=run.attempts + 1)
    if not ours:
        return
    if run.attempts >= MOST_ATTEMPTS:
        _fail(run.pk, Unavailable(f"The query was interrupted {MOST_ATTEMPTS} times."))
        return
    _compute(run)


def _compute(run: QueryRun) -> None:
    try:
        hidden = Hidden.from_json(run.hidden)
        started = start(ask(project=run.project, spec=parse_spec(run.spec), hidden=hidden))
    except PlumblineError as error:
        _fail(run.pk, error)
        return
    _follow(run, started.ticket)


def _follow(run: QueryRun, ticket: Ticket) -> None:
    WATCH.add(run.pk, ticket)
    ticket.future.add_done_callback(partial(_over, run))


def _over(run: QueryRun, future: "Future[answers.Answer]") -> None:
    """Write what became of it; in a thread of the desk, or in that of whoever cancelled."""
    try:
        if isinstance(future.exception(), SnapshotGone) and run.attempts < MOST_ATTEMPTS:
            run.attempts += 1
            WATCH.remove(run.pk)
            _compute(run)
        else:
            _record(run.pk, future)
    finally:
        if not connection.in_atomic_block:
            connection.close()


def _record(run_id: UUID, future: "Future[answers.Answer]") -> None:
    """Where it cannot be written, the run's lease ends, and whoever asks for it then has it computed anew."""
    try:
        error = future.exception()
        if error is None:
            _finish(run_id, future.result())
        else:
            _fail(run_id, error)
    except DatabaseError as error:
        LOG.warning("What became of a query cannot be written: %s", error)
    finally:
        WATCH.remove(run_id)


def _finish(run_id: UUID, answer: answers.Answer) -> None:
    text = zlib.compress(answers.encoded(answer), 1)
    if len(text) > MOST_BYTES:
        _fail(run_id, Unavailable("The answer is too large to be kept. Ask for less."))
        return
    _end(run_id, state=QueryRun.State.DONE, answer=text)


def _fail(run_id: UUID, error: BaseException) -> None:
    if isinstance(error, PlumblineError):
        note(error)
        _end(run_id, state=QueryRun.State.FAILED, error=error.body, error_status=error.status)
        return
    LOG.error("A query failed.", exc_info=error, extra={"query_run": str(run_id)})
    body = envelope("error", "Something broke on our side.")
    _end(run_id, state=QueryRun.State.FAILED, error=body, error_status=500)


def _end(run_id: UUID, **values: Any) -> None:
    QueryRun.objects.filter(pk=run_id, state__in=QueryRun.UNFINISHED).update(finished_at=timezone.now(), **values)
