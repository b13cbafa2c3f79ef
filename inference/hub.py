"""Tells the clients of one process what is new in the jobs they follow, over one connection to Redis.

A client that cannot keep up, and one for whom Redis lost something, catches up from the history, and in the end
from the job's row: nothing depends on a message having arrived.
"""

import asyncio
import contextlib
import os
from collections import deque
from collections.abc import AsyncIterator, Iterator
from uuid import UUID

import structlog
from django import db
from django.conf import settings
from redis.asyncio import Redis
from redis.exceptions import RedisError

from inference import news
from inference.entries import Cursor, Entry, Event, Gap
from inference.offload import in_database
from inference.queries.endings import ended

KEEP_OPEN_SECONDS = 15.0
_LOOK_SECONDS = 2.0
_LONGEST_QUEUE = 512
_log = structlog.get_logger(__name__)


class Ear:
    """One client's bounded queue. Where it overflows, its content is dropped and `dropped` set."""

    def __init__(self) -> None:
        self.entries: deque[Entry] = deque()
        self.something = asyncio.Event()
        self.dropped = False

    def hear(self, entry: Entry) -> None:
        if len(self.entries) >= _LONGEST_QUEUE:
            self.entries.clear()
            self.dropped = True
        self.entries.append(entry)
        self.something.set()

    async def wait(self, seconds: float) -> list[Entry]:
        """What has come; empty when nothing came in this time."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.something.wait()
        self.something.clear()
        found = list(self.entries)
        self.entries.clear()
        return found


class Hub:
    """Lives in one event loop; its two tasks run while somebody follows something."""

    def __init__(self) -> None:
        self.name = f"plumbline-streams-{os.getpid()}"
        self.redis = Redis.from_url(settings.REDIS_URL, socket_connect_timeout=5, client_name=self.name)
        self.pubsub = self.redis.pubsub(ignore_subscribe_messages=True)
        self.subscribing = asyncio.Lock()
        self.ears: dict[str, set[Ear]] = {}
        self.ids: dict[str, UUID] = {}
        self.listening: asyncio.Task[None] | None = None
        self.looking: asyncio.Task[None] | None = None

    async def follow(self, job_id: UUID, cursor: Cursor) -> AsyncIterator[list[Event]]:
        """The events behind the cursor until the job ends; an empty list when nothing is new for 15 s."""
        with self._ear(job_id) as ear:
            await self._subscribe(news.name_of(job_id))
            self._start_tasks()
            catching_up = True
            while not cursor.ended:
                ear.dropped = ear.dropped and not catching_up
                entries = await (self._history(job_id) if catching_up else ear.wait(KEEP_OPEN_SECONDS))
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
        name, ear = news.name_of(job_id), Ear()
        self.ears.setdefault(name, set()).add(ear)
        self.ids[name] = job_id
        try:
            yield ear
        finally:
            self.ears[name].discard(ear)
            if not self.ears[name]:
                del self.ears[name], self.ids[name]

    def _start_tasks(self) -> None:
        if self.listening is None or self.listening.done():
            self.listening = asyncio.create_task(self._listen())
        if self.looking is None or self.looking.done():
            self.looking = asyncio.create_task(self._look())

    async def _subscribe(self, *names: str) -> None:
        try:
            async with self.subscribing:
                await self.pubsub.subscribe(*names)
        except (RedisError, OSError) as error:
            _log.warning("inference_stream_without_redis", error=str(error))

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
        """Hand out what Redis announces, as long as anyone follows."""
        while self.ears:
            try:
                if missing := self.ears.keys() - self._subscribed():
                    await self._subscribe(*missing)
                message = await self.pubsub.get_message(timeout=_LOOK_SECONDS)
            except (RedisError, OSError, RuntimeError) as error:  # RuntimeError: never yet connected
                _log.warning("inference_stream_without_redis", error=str(error))
                await asyncio.sleep(1)
                continue
            if message is not None:
                entry = news.decode(message["data"])
                for ear in self.ears.get(message["channel"].decode(), ()):
                    ear.hear(entry)

    async def _look(self) -> None:
        """Ask the database, for all at once, which followed jobs have ended: the news may have been lost."""
        while self.ears:
            await asyncio.sleep(_LOOK_SECONDS)
            await self._forget()
            for job_id, entries in (await self._ended(list(self.ids.values()))).items():
                for ear in self.ears.get(news.name_of(job_id), ()):
                    for entry in entries:
                        ear.hear(entry)

    async def _forget(self) -> None:
        """End the subscriptions that nobody needs any more."""
        async with self.subscribing:
            if gone := self._subscribed() - self.ears.keys():
                with contextlib.suppress(RedisError, OSError):
                    await self.pubsub.unsubscribe(*gone)

    def _subscribed(self) -> set[str]:
        return {name.decode() if isinstance(name, bytes) else name for name in self.pubsub.channels}


def _advance(cursor: Cursor, entries: list[Entry]) -> tuple[list[Event], bool]:
    """The new events, and False where entries before these are missing."""
    events: list[Event] = []
    for entry in entries:
        try:
            events += cursor.take(entry)
        except Gap:
            return events, False
    return events, True
