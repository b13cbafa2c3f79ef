"""Sends the tokens of all calls of a process to Redis, over one connection."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from uuid import UUID

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from inference import news
from inference.entries import Entry

# Before what could not be sent is sent again.
_PAUSE_SECONDS = 1.0
_log = structlog.get_logger(__name__)


class Broadcast:
    """What is said during a send goes with the next one, and so does what could not be sent while its job runs.

    Of jobs that end while there is no Redis, the rows tell.
    """

    def __init__(self, redis: Redis) -> None:
        self.speaker = news.Speaker(redis)
        self.waiting: defaultdict[UUID, list[Entry]] = defaultdict(list)
        self.ended: dict[UUID, msgspec.Raw] = {}
        self.something = asyncio.Event()

    def say(self, job_id: UUID, entry: Entry) -> None:
        """Queue an entry; neighbouring tokens of one job become one entry."""
        entries = self.waiting[job_id]
        last = entries[-1] if entries else None
        if last and last.kind == entry.kind == "token" and last.fence == entry.fence:
            entries[-1] = Entry(last.fence, last.offset, "token", last.text + entry.text)
        else:
            entries.append(entry)
        self.something.set()

    def end(self, job_id: UUID, entries: Iterable[Entry], shown: bytes | None) -> None:
        """Queue a job's last entries, with the job as the API shows it, where that is known."""
        self.waiting[job_id] += entries
        if shown is not None:
            self.ended[job_id] = msgspec.Raw(shown)
        self.something.set()

    async def run(self) -> None:
        """Send until cancelled, then send what is left."""
        try:
            while True:
                await self.something.wait()
                if not await self.flush():
                    await asyncio.sleep(_PAUSE_SECONDS)
        finally:
            await self.flush()

    async def flush(self) -> bool:
        """Send all that waits, in one round trip; False where it still waits."""
        message = news.Message(self.waiting, self.ended)
        self.waiting, self.ended = defaultdict(list), {}
        self.something.clear()
        if not message.said:
            return True
        try:
            await self.speaker.say(message)
        except (RedisError, OSError) as error:
            _log.warning("inference_tokens_not_sent", error=str(error))
            self._keep(message.said)
            return False
        return True

    def _keep(self, said: Mapping[UUID, Sequence[Entry]]) -> None:
        """Put it in front of what came meanwhile. If it did arrive, clients pass over what they have seen."""
        for job_id, entries in said.items():
            if entries[-1].kind != "end":
                newer = self.waiting.pop(job_id, ())
                for entry in (*entries, *newer):
                    self.say(job_id, entry)


@contextlib.asynccontextmanager
async def broadcasting(redis: Redis) -> AsyncIterator[Broadcast]:
    """A broadcast that runs as long as the block."""
    # A connection kept for this alone, made with the first send: to take one out of the pool costs a sixth of it.
    own = redis.client()
    broadcast = Broadcast(own)
    task = asyncio.create_task(broadcast.run())
    try:
        yield broadcast
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await own.aclose()
