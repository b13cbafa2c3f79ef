"""Where a process's queries are computed: some at once, in fair turns, each once for all who ask the same.

A query runs in a thread of the desk. Who asks gets a ticket, and waits on it or comes back later.
"""

import os
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache, partial
from typing import Any

from django.conf import settings

from accounts.errors import DeadlineExceeded, RateLimited
from analytics.queries import leases
from analytics.store.stop import Stop
from analytics.turns import Turn, Turns

Work = Callable[[Stop], Any]
# A lease outlasts its query's deadline by this, so that it runs out only where a process died.
_GRACE_SECONDS = 5.0
_FULL_SECONDS = 0.1
_NOT_YET = object()


class Ticket:
    """One computation, and the number of those who want its result."""

    def __init__(self, desk: "Desk", *, key: str, organization: int, limit: int, stop: Stop, work: Work) -> None:
        self.key, self.stop, self.work = key, stop, work
        self.future: Future[Any] = Future()
        self.begun = threading.Event()
        self.wanted_by = 0
        self.turn = Turn(organization, limit, partial(desk.begin, self))
        self._desk = desk

    @property
    def position(self) -> int:
        """How many queries begin before this one, and it; 0 once it has begun."""
        return self._desk.turns.position(self.turn)

    def result(self) -> Any:
        """Wait for the result. Raises what the work raises, and DeadlineExceeded where its turn does not come.

        Raises RateLimited where too many of the organization's requests wait here already: each holds a place
        that another customer's request may need.
        """
        try:
            with self._desk.waiting(self):
                if self._is_due():
                    return self.future.result()
        except RateLimited:
            self.leave()
            raise
        self.leave()
        raise DeadlineExceeded(f"The query waited longer than {self.stop.seconds:g} seconds for its turn.")

    def _is_due(self) -> bool:
        """Whether its turn comes in time, or somebody ended it."""
        return self.begun.wait(self.stop.seconds) or self.future.done()

    def wait(self, seconds: float) -> bool:
        """Whether it is done, after so many seconds at most; at once where too many requests wait already."""
        if self.future.done():
            return True
        try:
            with self._desk.waiting(self):
                self.future.exception(seconds)
        except (TimeoutError, RateLimited):
            return False
        return True

    def leave(self) -> None:
        """Want it no more; what nobody wants ends."""
        self._desk.leave(self)


class _Place:
    """One request that waits for an organization's query."""

    def __init__(self, desk: "Desk", ticket: Ticket) -> None:
        self._desk, self._ticket = desk, ticket

    def __enter__(self) -> None:
        if not self._desk.sit(self._ticket.turn.organization):
            message = "Too many queries of your organization are running or waiting. Try again in a moment."
            raise RateLimited(message, retry_after=1)

    def __exit__(self, *error: object) -> None:
        self._desk.stand_up(self._ticket.turn.organization)


class Desk:
    """The queries of this process: `places` run at once, `seats` requests of one organization wait at once."""

    def __init__(self, places: int, seats: int) -> None:
        self.turns = Turns(places)
        self._seats = seats
        self._sitting: Counter[int] = Counter()
        self._pool = ThreadPoolExecutor(places, thread_name_prefix="query")
        self._lock = threading.Lock()
        self._tickets: dict[str, Ticket] = {}

    def ask(self, *, key: str, organization: int, limit: int, seconds: float, work: Work) -> Ticket:
        """A ticket for some work, or for the same that somebody else asked for; `key` says what is the same."""
        with self._lock:
            ticket = self._tickets.get(key)
            is_new = ticket is None or ticket.stop.is_cancelled
            if ticket is None or is_new:
                ticket = Ticket(
                    self, key=key, organization=organization, limit=limit, stop=Stop(seconds), work=work
                )
                self._tickets[key] = ticket
            ticket.wanted_by += 1
        if is_new:
            self.turns.join(ticket.turn)
        return ticket

    def leave(self, ticket: Ticket) -> None:
        with self._lock:
            ticket.wanted_by -= 1
            if ticket.wanted_by:
                return
            ticket.stop.cancel()
            self._forget(ticket)
        if self.turns.leave(ticket.turn):
            ticket.future.set_exception(ticket.stop.error)

    def waiting(self, ticket: Ticket) -> _Place:
        """Whoever waits inside of the block sits; raises RateLimited where the organization has no seat left."""
        return _Place(self, ticket)

    def sit(self, organization: int) -> bool:
        with self._lock:
            if self._sitting[organization] >= self._seats:
                return False
            self._sitting[organization] += 1
            return True

    def stand_up(self, organization: int) -> None:
        with self._lock:
            self._sitting[organization] -= 1

    def begin(self, ticket: Ticket) -> None:
        """Its turn has come."""
        self._pool.submit(self._run, ticket).add_done_callback(partial(self._over, ticket))

    def _run(self, ticket: Ticket) -> Any:
        turn, seconds = ticket.turn, ticket.stop.seconds + _GRACE_SECONDS
        lease = leases.take(turn.organization, limit=turn.limit, seconds=seconds)
        if lease is None:
            return _NOT_YET
        try:
            ticket.stop.begin()
            ticket.begun.set()
            if ticket.stop.is_cancelled:
                raise ticket.stop.error
            return ticket.work(ticket.stop)
        finally:
            leases.give_back(turn.organization, lease)

    def _over(self, ticket: Ticket, ran: "Future[Any]") -> None:
        error = ran.exception()
        if error is None and ran.result() is _NOT_YET:
            self.turns.give_back(ticket.turn, _FULL_SECONDS)
            return
        with self._lock:
            self._forget(ticket)
        self.turns.end(ticket.turn)
        if error is not None:
            ticket.future.set_exception(error)
        else:
            ticket.future.set_result(ran.result())

    def _forget(self, ticket: Ticket) -> None:
        if self._tickets.get(ticket.key) is ticket:
            del self._tickets[ticket.key]


@cache
def desk() -> Desk:
    """This process's own."""
    cores = os.cpu_count() or 1
    return Desk(places=max(4, 2 * cores), seats=2 * settings.REQUESTS_AT_ONCE // 3)


os.register_at_fork(after_in_child=desk.cache_clear)
