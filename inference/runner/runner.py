"""Takes jobs, drives their calls side by side, keeps their leases, ends them."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import structlog
from django import db
from redis.asyncio import Redis
from redis.exceptions import RedisError

from inference.choices import Status
from inference.circuits import Circuits
from inference.configuration import Limits
from inference.entries import Entry, ending
from inference.models import Job
from inference.offload import in_database
from inference.providers.base import ProviderError
from inference.providers.pool import Pool
from inference.queries import credentials, routes
from inference.routes import Plan
from inference.runner.attempt import attempt
from inference.runner.broadcast import Broadcast, broadcasting
from inference.runner.finisher import Finisher
from inference.runner.voice import Voice
from inference.services import leases
from inference.services.outcomes import Outcome
from inference.services.waking import WAKES

_LISTEN_SECONDS = 2
# The first of a thousand are on their way before the last is begun, so that they do not end all at once either.
_BEGUN_AT_ONCE = 16
_log = structlog.get_logger(__name__)
_BROKEN = Outcome(
    Status.FAILED, error_code="internal", error_message="Something broke on our side. It has been logged."
)


@dataclass(slots=True)
class Held:
    """A job in this process's hands."""

    job: Job
    task: "asyncio.Task[None]"
    cancel_requested: bool = False
    # Its end is being written: nothing may interrupt that any more.
    ending: bool = False


class Runner:
    """Lives in one event loop. `wake` makes it look for work now instead of at its next tick."""

    def __init__(self, redis: Redis, limits: Limits) -> None:
        self.redis = redis
        self.limits = limits
        self.owner = uuid4().hex
        self.held: dict[UUID, Held] = {}
        self.endings: set[asyncio.Task[None]] = set()
        self.pool = Pool()
        self.finisher = Finisher()
        self.circuits = Circuits(redis)
        self.news = asyncio.Event()
        self.stopping = False

    def wake(self) -> None:
        self.news.set()

    def stop(self) -> None:
        """Give every job back and return from `run`."""
        self.stopping = True
        self.news.set()

    async def run(self) -> None:
        async with broadcasting(self.redis) as broadcast:
            listening = asyncio.create_task(self._listen())
            try:
                renewed = -self.limits.tick
                while not self.stopping:
                    self.news.clear()
                    now = asyncio.get_running_loop().time()
                    due = now - renewed >= self.limits.tick
                    await self._look(broadcast, due=due)
                    renewed = now if due else renewed
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self.news.wait(), self.limits.tick)
            finally:
                listening.cancel()
                await self._let_go()

    async def _listen(self) -> None:
        """Wait for who tells that work is there; without Redis, each tick looks."""
        while True:
            try:
                wanted: Any = self.redis.blpop([WAKES], timeout=_LISTEN_SECONDS)  # typed for both kinds of client
                if await wanted:
                    self.wake()
            except (RedisError, OSError):
                await asyncio.sleep(_LISTEN_SECONDS)

    async def _look(self, broadcast: Broadcast, *, due: bool) -> None:
        # The database may be away for a while: the calls go on, and so does this.
        try:
            if due:
                await self._keep()
            await self._take(broadcast)
        except db.Error as error:
            _log.warning("inference_database_unreachable", error=str(error))
        except Exception:  # noqa: BLE001 (the calls that are held go on)
            # What was taken and not begun comes back with its lease.
            _log.exception("inference_look_broke")

    async def _keep(self) -> None:
        """Renew all leases in one statement; drop lost jobs, cancel those whose end is asked for."""
        if self.held:
            fences = {job_id: held.job.fence for job_id, held in self.held.items()}
            kept = await in_database(leases.renew, held=fences, lease=self.limits.lease)
            for job_id in fences.keys() & self.held.keys():
                self._drop_or_cancel(self.held[job_id], fences[job_id], kept.get(job_id))
        await in_database(leases.reclaim)
        await in_database(leases.expire)
        own = self.pool.credentials
        await self.pool.sweep(revoked=await in_database(credentials.revoked_among, own) if own else ())

    def _drop_or_cancel(self, held: Held, fence: int, cancel: bool | None) -> None:
        """`cancel` is None where the lease was lost."""
        if held.job.fence == fence and cancel is not False and not held.ending and not held.cancel_requested:
            held.cancel_requested = cancel is True
            held.task.cancel()

    async def _take(self, broadcast: Broadcast) -> None:
        room = self.limits.concurrency - len(self.held)
        if room <= 0:
            return
        taken = await in_database(_taken, owner=self.owner, limit=room, lease=self.limits.lease)
        for begun, (job, plan) in enumerate(taken, start=1):
            if stale := self.held.pop(job.pk, None):  # our own lease ran out and came back to us
                stale.task.cancel()
            task = asyncio.create_task(self._run(job, plan, broadcast))
            self.held[job.pk] = Held(job, task)
            task.add_done_callback(partial(self._ended, job, broadcast))
            if begun % _BEGUN_AT_ONCE == 0:
                await asyncio.sleep(0)

    def _ended(self, job: Job, broadcast: Broadcast, task: "asyncio.Task[None]") -> None:
        if (held := self.held.get(job.pk)) and held.task is task:
            del self.held[job.pk]
        self.news.set()  # there is room
        if not task.cancelled() and (error := task.exception()):
            _log.error("inference_job_broke", job=str(job.pk), exc_info=error)
            # Without a database, the lease runs out and the job is tried again, a bounded number of times.
            if not isinstance(error, db.Error):
                ending = asyncio.create_task(self._finish(job, _BROKEN, broadcast))
                self.endings.add(ending)
                ending.add_done_callback(self.endings.discard)

    async def _run(self, job: Job, plan: Plan | ProviderError, broadcast: Broadcast) -> None:
        broadcast.say(job.pk, Entry(job.fence, 0, "start"))
        voice = Voice(job.fence, lambda entry: broadcast.say(job.pk, entry))
        outcome = await attempt(
            job,
            plan,
            voice,
            pool=self.pool,
            circuits=self.circuits,
            limits=self.limits,
            is_cancelled=self._is_cancelled(job),
        )
        if outcome is None:
            return
        if (held := self.held.get(job.pk)) and held.job is job:
            held.ending = True
        await self._finish(job, outcome, broadcast)

    def _is_cancelled(self, job: Job) -> Callable[[], bool]:
        """Whether its end was asked for, rather than this process's, or its lease lost."""
        task = asyncio.current_task()

        def asked() -> bool:
            held = self.held.get(job.pk)
            return held is not None and held.task is task and held.cancel_requested

        return asked

    async def _finish(self, job: Job, outcome: Outcome, broadcast: Broadcast) -> None:
        ended = await self.finisher.finish(job, outcome)
        if ended is None:
            return
        error = {"code": outcome.error_code, "message": outcome.error_message} if outcome.error_code else None
        usage = outcome.usage
        entries = ending(
            fence=job.fence,
            output=outcome.output,
            status=outcome.status,
            finish_reason=outcome.finish_reason or "",
            error=error,
            usage=(usage.tokens_input, usage.tokens_output) if usage else (None, None),
            result=outcome.result,
        )
        broadcast.end(job.pk, entries, ended.shown)

    async def _let_go(self) -> None:
        held = list(self.held.values())
        for each in held:
            if not each.ending:
                each.task.cancel()
        await asyncio.gather(*(each.task for each in held), *self.endings, return_exceptions=True)
        with contextlib.suppress(db.Error):
            await in_database(leases.release, held=[each.job for each in held])
        await self.pool.close()


def _taken(*, owner: str, limit: int, lease: float) -> list[tuple[Job, Plan | ProviderError]]:
    """Jobs to run, and the way of each."""
    jobs = leases.take(owner=owner, limit=limit, lease=lease)
    return list(zip(jobs, routes.plans(jobs), strict=True))
