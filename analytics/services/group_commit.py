"""Commit the requests of many clients together: while one group is written, the next one gathers.

The web process judges requests on its event loop and hands them to one writer, a thread with a connection of its
own. It takes whatever waits, writes it in one statement, and answers each request only after the commit. Nothing
is delayed for the sake of a group: a request that comes alone is written alone.
"""

import asyncio
import contextlib
import logging
import queue
import threading
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from django.db import DataError, Error, IntegrityError, connection

from accounts.errors import Invalid, PlumblineError, Unauthenticated, Unavailable
from analytics.contracts import DropReason, Event
from analytics.ingestion import judging
from analytics.ingestion.judging import Judged
from analytics.ingestion.protocols.wire import Outcome
from analytics.services import inbox, live, repeats
from analytics.services.senders import Sender

LOG = logging.getLogger(__name__)
# What may wait at once, in this process; over it clients are asked to come back.
MOST_WAITING = 5_000
MOST_BYTES = 64 * 1024 * 1024
# What one statement may carry.
GROUP_EVENTS = 20_000
# After this a client hears that it is unknown whether its events are kept. Sent again, they are there once.
PATIENCE_SECONDS = 15
RETRY_SECONDS = 5
# The fault of one request, not of the database.
POISON = (IntegrityError, DataError, UnicodeError, msgspec.MsgspecError)
# About what an event takes in memory beside its properties.
_EVENT_BYTES = 1024


@dataclass(frozen=True, slots=True)
class Request:
    """One request, judged, and the future of its answer. `size` is about what it takes in memory, in bytes."""

    sender: Sender
    judged: Sequence[Judged]
    received_at: datetime
    answers_each: bool
    announced: bool
    size: int
    answer: asyncio.Future[Outcome]


@dataclass(frozen=True, slots=True)
class Kept:
    """What of a request is written, and what its client is told once it is."""

    request: Request
    events: Sequence[Event]
    outcome: Outcome


Answer = tuple[asyncio.Future[Outcome], Outcome | PlumblineError]


class GroupCommit:
    """The one writer of a process. `keep` belongs to the event loop, all that is below it to the thread."""

    def __init__(self) -> None:
        self._requests: queue.SimpleQueue[Request | None] = queue.SimpleQueue()
        self.waiting = self._bytes = 0
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._announcer = live.Announcer()

    async def keep(
        self,
        *,
        sender: Sender,
        judged: Sequence[Judged],
        received_at: datetime,
        answers_each: bool = False,
        announced: bool = True,
    ) -> Outcome:
        """What became of the events of a request, once they are on disk.

        Raises Unavailable where too much waits, or the database does not answer; Unauthenticated where the project
        has just been deleted.
        """
        size = _size(judged)
        if self.waiting >= MOST_WAITING or (self._bytes and self._bytes + size > MOST_BYTES):
            raise Unavailable("More events arrive than can be written. Send it again.", retry_after=1)
        answer: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._start()
        self._count(1, size)
        self._requests.put(Request(sender, judged, received_at, answers_each, announced, size, answer))
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await answer
        except TimeoutError as error:
            raise _unavailable() from error

    def close(self) -> None:
        """End the thread, once it has written what waits."""
        if self._thread is not None:
            self._requests.put(None)
            self._thread.join()
            self._thread = None

    def _count(self, requests: int, size: int) -> None:
        """Of what waits, and so is in memory: until it is written, however long its client waits."""
        with self._lock:
            self.waiting, self._bytes = self.waiting + requests, self._bytes + size

    def _start(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            self._requests = queue.SimpleQueue()
            self.waiting = self._bytes = 0
            self._thread = threading.Thread(target=self._run, name="group-commit", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        try:
            while (group := self._gather()) is not None:
                # Who was told to send again is not kept twice.
                if waiting := [request for request in group if not request.answer.done()]:
                    self._commit(waiting)
                self._count(-len(group), -sum(request.size for request in group))
                self._announcer.announce_if_due()
            self._announcer.announce()
        finally:
            connection.close()

    def _gather(self) -> list[Request] | None:
        """Whatever waits, at least one request; none where it is time to announce, None at the end."""
        try:
            request = self._requests.get(timeout=self._announcer.due_in)
        except queue.Empty:
            return []
        if request is None:
            return None
        group, events = [request], len(request.judged)
        while events < GROUP_EVENTS:
            try:
                request = self._requests.get_nowait()
            except queue.Empty:
                break
            if request is None:
                self._requests.put(None)
                break
            group.append(request)
            events += len(request.judged)
        return group

    def _commit(self, group: Sequence[Request]) -> None:
        """Write a group and answer it; where one of its requests cannot be stored, each alone."""
        kept = _without_repeats(group)
        try:
            _write(kept)
        except POISON as error:
            if len(group) > 1:
                for request in group:
                    self._commit([request])
                return
            LOG.exception("A request cannot be stored.", extra={"project_id": group[0].sender.project_id})
            _tell([(group[0].answer, _refusal(error))])
        except Error as error:
            LOG.warning("Events are refused, as the database does not take them: %s", error)
            connection.close()
            _tell([(request.answer, _unavailable()) for request in group])
        else:
            _tell([(one.request.answer, one.outcome) for one in kept])
            self._note(kept)

    def _note(self, kept: Sequence[Kept]) -> None:
        repeats.remember(
            [
                (one.request.sender.project_id, event.message_id)
                for one in kept
                if one.request.answers_each
                for event in one.events
            ]
        )
        for one in kept:
            if one.events and one.request.announced:
                self._announcer.note(one.request.sender.project_id, one.events)


def _without_repeats(group: Sequence[Request]) -> list[Kept]:
    """What of each request is new, where its client wants to know, also beside the requests before it."""
    known: defaultdict[int, set[str]] = defaultdict(set)
    asked = [
        (request.sender.project_id, text)
        for request in group
        if request.answers_each
        for text in judging.message_ids(request.judged)
    ]
    for project_id, text in repeats.known(asked):
        known[project_id].add(text)
    return [_one(request, known[request.sender.project_id]) for request in group]


def _one(request: Request, known: set[str]) -> Kept:
    events, results = judging.without_repeats(request.judged, known if request.answers_each else ())
    if request.answers_each:
        known.update(event.message_id for event in events)
    return Kept(request, events, Outcome(tuple(results)))


def _write(kept: Sequence[Kept]) -> None:
    """One row for each project, in one transaction.

    A connection that broke, as when PostgreSQL restarts, is made anew once. If it broke in the middle of a commit
    that succeeded, the events are in the inbox twice, and fall once when they are sealed.
    """
    taken = _by_project(kept)
    try:
        inbox.write(taken)
    except POISON:
        raise
    except Error:
        connection.close()
        inbox.write(taken)


def _by_project(kept: Sequence[Kept]) -> list[inbox.Taken]:
    events: defaultdict[int, list[Event]] = defaultdict(list)
    drops: defaultdict[int, Counter[DropReason]] = defaultdict(Counter)
    for one in kept:
        events[one.request.sender.project_id] += one.events
        drops[one.request.sender.project_id].update(judging.drops(one.outcome.results))
    moment = max(one.request.received_at for one in kept)
    return [inbox.Taken(project_id, moment, events[project_id], drops[project_id]) for project_id in events]


def _tell(answers: Sequence[Answer]) -> None:
    """Answer on the event loop of each; whose loop has ended is not there to hear it."""
    for loop in {answer.get_loop() for answer, _ in answers}:
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(_resolve, [item for item in answers if item[0].get_loop() is loop])


def _resolve(answers: Sequence[Answer]) -> None:
    for answer, found in answers:
        if answer.done():
            continue
        if isinstance(found, Outcome):
            answer.set_result(found)
        else:
            answer.set_exception(found)


def _refusal(error: Exception) -> PlumblineError:
    if isinstance(error, IntegrityError):
        return Unauthenticated("The project of this key has been deleted.")
    return Invalid("These events cannot be stored.")


def _unavailable() -> Unavailable:
    return Unavailable("Events cannot be written at the moment. Send them again.", retry_after=RETRY_SECONDS)


def _size(judged: Sequence[Judged]) -> int:
    """About what the events of a request take in memory, in bytes."""
    texts = sum(len(event.properties) + len(event.context) for event in judged if isinstance(event, Event))
    return texts + len(judged) * _EVENT_BYTES
