"""Tells the clients of one process what is new in the jobs they follow, over one connection to Redis.

It hears what all jobs say and keeps what is for its clients: to begin and end to listen for each job costs more. A
client that cannot keep up, and one for whom Redis lost something, catches up from the history, and in the end from
the job's row: nothing depends on a message having arrived.
"""

import asyncio
import contextlib
import os
from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from time import monotonic
from uuid import UUID

import msgspec
import structlog
from django import db
from django.conf import settings
from redis.asyncio import BlockingConnectionPool, Redis
from redis.exceptions import RedisError

from inference import news
from inference.entries import Cursor, Entry, Event, Gap
from inference.offload import in_database
from inference.queries.endings import ended

KEEP_OPEN_SECONDS = 15.0
_LOOK_SECONDS = 2.0
# After the last client has gone; the next often comes soon.
_LINGER_SECONDS = 10.0
_LONGEST_QUEUE = 512
_MOST_OVER = 10_000
_CONNECTIONS, _PATIENCE_SECONDS = 8, 10.0
_log = structlog.get_logger(__name__)


class Ear:
    """One client's bounded queue. Where it overflows, its content is dropped and `dropped` set."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.something = asyncio.Event()
        self.waits_since = 0.0
        self.alarm: asyncio.TimerHandle | None = None
        self.dropped = False
        self.ended: bytes | None = None  # the job as the API shows it, if that came with its end

    def hear(self, entries: Iterable[Entry]) -> None:
        if len(self.entries) >= _LONGEST_QUEUE:
            self.entries.clear()
            self.dropped = True
        self.entries.extend(entries)
        self.something.set()

    async def wait(self) -> list[Entry]:
        """What has come; empty when nothing came for `KEEP_OPEN_SECONDS`."""
        if not self.entries:
            self.waits_since = monotonic()
            # Most of what is waited for comes within milliseconds: a timer for each costs as much as the rest.
            if self.alarm is None:
                self._set_alarm(KEEP_OPEN_SECONDS)
            await self.something.wait()
        self.something.clear()
        found, self.entries = self.entries, []
        return found

    def close(self) -> None:
        """It hears and waits no more."""
        if self.alarm is not None:
            self.alarm.cancel()

    def _set_alarm(self, seconds: float) -> None:
        self.alarm = asyncio.get_running_loop().call_later(seconds, self._ring)

    def _ring(self) -> None:
        self.alarm = None
        left = self.waits_since + KEEP_OPEN_SECONDS - monotonic()
        if left > 0:
            self._set_alarm(left)
        else:
            self.something.set()


class Hub:
    """Lives in one event loop; its two tasks run while somebody follows something."""

    def __init__(self) -> None:
        self.name = f"plumbline-streams-{os.getpid()}"
        # A thousand clients at once read their histories over these, one after another: connections cost more.
        pool = BlockingConnectionPool.from_url(
            settings.REDIS_URL,
            max_connections=_CONNECTIONS,
            timeout=_PATIENCE_SECONDS,
            socket_connect_timeout=5,
            client_name=self.name,
        )
        self.redis = Redis.from_pool(pool)
        self.pubsub = self.redis.pubsub()
        self.ears: dict[UUID, set[Ear]] = {}
        self.waiting = 0
        self.over: dict[UUID, None] = {}  # jobs that ended lately, oldest first
        self.listens = asyncio.Event()  # or has tried to
        self.listening: asyncio.Task[None] | None = None
        self.looking: asyncio.Task[None] | None = None

    @contextlib.asynccontextmanager
    async def attentive(self) -> AsyncGenerator[None]:
        """In this block `ended` misses no end, also that of a job that is made in it and ends at once."""
        self.waiting += 1
        try:
            self._start_tasks()
            with contextlib.suppress(TimeoutError):  # nobody waits for a Redis that hangs: the rows tell as well
                async with asyncio.timeout(_LOOK_SECONDS):
                    await self.listens.wait()
            yield
        finally:
            self.waiting -= 1

    async def ended(self, job_id: UUID) -> bytes | None:
        """Return when the job has ended; to be called in an `attentive` block that began before the job did.

        The job as the API shows it, where that came with its end.
        """
        with self._ear(job_id) as ear:
            while job_id not in self.over:
                await ear.wait()
            return ear.ended

    async def follow(self, job_id: UUID, cursor: Cursor) -> AsyncGenerator[list[Event]]:
        """The events behind the cursor until the job ends; an empty list when nothing is new for 15 s."""
        with self._ear(job_id) as ear:
            await self.listens.wait()
            catching_up = True
            while not cursor.ended:
                ear.dropped = ear.dropped and not catching_up
                entries = await (self._history(job_id) if catching_up else ear.wait())
                events, complete = _advance(cursor, entries)
                if catching_up and not complete:
                    # Older than the history reaches: the row tells, when the job has ended.
                    await asyncio.sleep(_LOOK_SECONDS)
                if events or not catching_up:
                    yield events
                catching_up = ear.dropped or not (complete or catching_up)

    async def close(self) -> None:
        tasks = [task for task in (self.listening, self.looking) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.pubsub.aclose()  # type: ignore[no-untyped-call]
        await self.redis.aclose()

    @contextlib.contextmanager
    def _ear(self, job_id: UUID) -> Iterator[Ear]:
        ear = Ear()
        self.ears.setdefault(job_id, set()).add(ear)
        self._start_tasks()
        try:
            yield ear
        finally:
            ear.close()
            self.ears[job_id].discard(ear)
            if not self.ears[job_id]:
                del self.ears[job_id]

    def _start_tasks(self) -> None:
        if self.listening is None or self.listening.done():
            self.listens.clear()
            self.listening = asyncio.create_task(self._listen())
        if self.looking is None or self.looking.done():
            self.looking = asyncio.create_task(self._look())

    async def _history(self, job_id: UUID) -> list[Entry]:
        """What Redis holds, else the row's word; empty where there is neither yet."""
        try:
            if entries := await news.history(self.redis, job_id):
                return entries
        except (RedisError, OSError) as error:
            _log.warning("inference_stream_without_redis", error=str(error))
        return (await self._ended([job_id])).get(job_id, [])

    async def _ended(self, ids: list[UUID]) -> dict[UUID, list[Entry]]:
        try:
            return await in_database(ended, ids)
        except db.Error as error:
            _log.warning("inference_database_unreachable", error=str(error))
            return {}

    async def _listen(self) -> None:
        """Hand out what Redis announces, as long as anyone follows and a little longer."""
        until = monotonic() + _LINGER_SECONDS
        while self._is_needed() or monotonic() < until:
            until = monotonic() + _LINGER_SECONDS if self._is_needed() else until
            try:
                await self._hear()
            except (RedisError, OSError) as error:
                _log.warning("inference_stream_without_redis", error=str(error))
                self.listens.set()
                await asyncio.sleep(1)
            if not self._is_needed() and monotonic() >= until:
                self.listens.clear()
                await self.pubsub.aclose()  # type: ignore[no-untyped-call]

    async def _hear(self) -> None:
        if not self.pubsub.channels:
            await self.pubsub.subscribe(news.CHANNEL)
        message = await self.pubsub.get_message(timeout=_LOOK_SECONDS)
        if message is not None and message["type"] == "subscribe":
            self.listens.set()
        elif message is not None:
            try:
                heard = news.decode(message["data"])
            except msgspec.MsgspecError as error:
                # A worker of another version; histories and rows tell the same.
                _log.warning("inference_news_not_understood", error=str(error))
                return
            for job_id, entries in heard.said.items():
                self._tell(job_id, entries, heard.ended.get(job_id))

    def _is_needed(self) -> bool:
        return bool(self.ears or self.waiting)

    def _tell(self, job_id: UUID, entries: Sequence[Entry], ended: msgspec.Raw | None = None) -> None:
        if entries[-1].kind == "end":
            self.over[job_id] = None
            if len(self.over) > _MOST_OVER:
                del self.over[next(iter(self.over))]
        for ear in self.ears.get(job_id, ()):
            ear.ended = bytes(ended) if ended is not None else None
            ear.hear(entries)

    async def _look(self) -> None:
        """Ask the database, for all at once, which followed jobs have ended: the news may have been lost."""
        while self.ears:
            await asyncio.sleep(_LOOK_SECONDS)
            for job_id, entries in (await self._ended(list(self.ears))).items():
                self._tell(job_id, entries)


def _advance(cursor: Cursor, entries: list[Entry]) -> tuple[list[Event], bool]:
    """The new events, and False where entries before these are missing."""
    events: list[Event] = []
    for entry in entries:
        try:
            events += cursor.take(entry)
        except Gap:
            return events, False
    return events, True
