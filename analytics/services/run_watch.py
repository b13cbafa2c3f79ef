"""The long queries that this process computes: a thread renews their leases and hears of cancelled ones."""

import logging
import os
import threading
import time
from datetime import timedelta
from uuid import UUID

from django.db import DatabaseError, connection
from django.utils import timezone

from analytics.models import QueryRun
from analytics.queries.desk import Ticket

LOG = logging.getLogger(__name__)
LEASE = timedelta(seconds=15)
LOOK_SECONDS = 1.0
_POLL_SECONDS = 0.2


class Watch:
    """Lives as long as its process; its thread as long as there is something to watch."""

    def __init__(self) -> None:
        self._tickets: dict[UUID, Ticket] = {}
        self.begin_anew()

    def begin_anew(self) -> None:
        """Watch nothing."""
        self._lock = threading.Lock()
        self._gone = threading.Condition(self._lock)
        self._tickets.clear()
        self._thread: threading.Thread | None = None

    def add(self, run_id: UUID, ticket: Ticket) -> None:
        with self._lock:
            self._tickets[run_id] = ticket
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="query-runs", daemon=True)
                self._thread.start()

    def ticket_of(self, run_id: UUID) -> Ticket | None:
        with self._lock:
            return self._tickets.get(run_id)

    def remove(self, run_id: UUID) -> None:
        """It is over, and that is written."""
        with self._lock:
            self._tickets.pop(run_id, None)
            self._gone.notify_all()

    def drop(self, run_id: UUID) -> None:
        """Nobody wants it any more."""
        ticket = self.ticket_of(run_id)
        self.remove(run_id)
        if ticket is not None:
            ticket.leave()

    def wait_until_recorded(self, run_id: UUID) -> None:
        """Until what became of a finished computation is in the database."""
        with self._lock:
            ticket = self._tickets.get(run_id)
            if ticket is not None and ticket.future.done():
                self._gone.wait_for(lambda: run_id not in self._tickets, timeout=LOOK_SECONDS)

    def wait_for_another(self, run_id: UUID, seconds: float) -> None:
        """Until the process that computes it has finished."""
        until = time.monotonic() + seconds
        unfinished = QueryRun.objects.filter(pk=run_id, state__in=QueryRun.UNFINISHED)
        while time.monotonic() < until and unfinished.exists():
            time.sleep(_POLL_SECONDS)

    def look(self) -> None:
        """Renew the leases, say where in line each is, and end what was cancelled elsewhere."""
        with self._lock:
            tickets = dict(self._tickets)
        unfinished = QueryRun.objects.filter(pk__in=tickets, state__in=QueryRun.UNFINISHED)
        known = {run.pk: run for run in unfinished.only("state", "position")}
        for run_id, ticket in tickets.items():
            if run_id not in known and not ticket.future.done():
                self.drop(run_id)
        for run_id, run in known.items():
            self._note(run, tickets[run_id])
        unfinished.update(lease_expires_at=timezone.now() + LEASE)

    def _note(self, run: QueryRun, ticket: Ticket) -> None:
        state = QueryRun.State.RUNNING if ticket.begun.is_set() else QueryRun.State.QUEUED
        position = ticket.position
        if (run.state, run.position) != (state, position):
            own = QueryRun.objects.filter(pk=run.pk, state__in=QueryRun.UNFINISHED)
            own.update(state=state, position=position)

    def _watch(self) -> None:
        while True:
            time.sleep(LOOK_SECONDS)
            with self._lock:
                if not self._tickets:
                    self._thread = None
                    return
            try:
                self.look()
            except DatabaseError as error:
                LOG.warning("Leases of queries are not renewed, as the database does not take it: %s", error)
            finally:
                connection.close()


WATCH = Watch()
# A child has none of its parent's threads.
os.register_at_fork(after_in_child=WATCH.begin_anew)
