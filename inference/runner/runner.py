"""Takes jobs, drives their calls side by side, keeps their leases, ends them."""

import asyncio
import contextlib
from dataclasses import dataclass
from functools import partial
from uuid import UUID, uuid4

import structlog
from django import db
from redis.asyncio import Redis
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_fixed

from inference.choices import ProviderName, Status
from inference.configuration import Limits
from inference.entries import Entry, ending
from inference.models import Job
from inference.offload import in_database
from inference.providers import base
from inference.providers.connect import connect
from inference.runner.broadcast import Broadcast, broadcasting
from inference.runner.call import Answer, drive
from inference.services import leases
from inference.services.leases import Outcome

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
        self.providers: dict[str, base.Provider] = {}
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
                await self._let_go()

    async def _look(self, broadcast: Broadcast, *, due: bool) -> None:
        # The database may be away for a while: the calls go on, and so does this.
        try:
            if due:
                await self._keep()
            await self._take(broadcast)
        except db.Error as error:
            _log.warning("inference_database_unreachable", error=str(error))

    async def _keep(self) -> None:
        """Renew all leases in one statement; drop lost jobs, cancel those whose end is asked for."""
        if self.held:
            fences = {job_id: held.job.fence for job_id, held in self.held.items()}
            kept = await in_database(leases.renew, held=fences, lease=self.limits.lease)
            for job_id in fences.keys() & self.held.keys():
                self._drop_or_cancel(self.held[job_id], fences[job_id], kept.get(job_id))
        await in_database(leases.reclaim)

    def _drop_or_cancel(self, held: Held, fence: int, cancel: bool | None) -> None:
        """`cancel` is None where the lease was lost."""
        if held.job.fence == fence and cancel is not False and not held.ending and not held.cancel_requested:
            held.cancel_requested = cancel is True
            held.task.cancel()

    async def _take(self, broadcast: Broadcast) -> None:
        room = self.limits.concurrency - len(self.held)
        if room <= 0:
            return
        for job in await in_database(leases.take, owner=self.owner, limit=room, lease=self.limits.lease):
            if stale := self.held.pop(job.pk, None):  # our own lease ran out and came back to us
                stale.task.cancel()
            task = asyncio.create_task(self._run(job, broadcast))
            self.held[job.pk] = Held(job, task)
            task.add_done_callback(partial(self._ended, job, broadcast))

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

    async def _run(self, job: Job, broadcast: Broadcast) -> None:
        answer = Answer(job.fence, lambda entry: broadcast.say(job.pk, entry))
        broadcast.say(job.pk, Entry(job.fence, 0, "start"))
        try:
            await drive(job, self._provider(job.provider), answer, self.limits)
            outcome = answer.outcome(Status.SUCCEEDED)
        except base.ProviderError as error:
            # Text that has been sent cannot be unsaid: from then on a failure is the end.
            if error.retryable and not answer.length and job.attempts < leases.MOST_ATTEMPTS:
                await in_database(leases.retry, job=job, retry_after=error.retry_after)
                return
            outcome = answer.outcome(Status.FAILED, error=error)
        except asyncio.CancelledError:
            held = self.held.get(job.pk)
            task = asyncio.current_task()
            if task is None or held is None or held.task is not task or not held.cancel_requested:
                raise
            task.uncancel()
            outcome = answer.outcome(Status.CANCELLED)
        if (held := self.held.get(job.pk)) and held.job is job:
            held.ending = True
        await self._finish(job, outcome, broadcast)

    async def _finish(self, job: Job, outcome: Outcome, broadcast: Broadcast) -> None:
        if not await _written(job, outcome):
            return
        error = {"code": outcome.error_code, "message": outcome.error_message} if outcome.error_code else None
        for entry in ending(
            fence=job.fence,
            output=outcome.output,
            status=outcome.status,
            finish_reason=outcome.finish_reason or "",
            error=error,
            usage=(outcome.tokens_input, outcome.tokens_output),
        ):
            broadcast.say(job.pk, entry)

    def _provider(self, name: str) -> base.Provider:
        if name not in self.providers:
            self.providers[name] = connect(ProviderName(name))
        return self.providers[name]

    async def _let_go(self) -> None:
        held = list(self.held.values())
        for each in held:
            each.task.cancel()
        await asyncio.gather(*(each.task for each in held), *self.endings, return_exceptions=True)
        with contextlib.suppress(db.Error):
            await in_database(leases.release, held=[each.job for each in held])
        for provider in self.providers.values():
            await provider.close()


@retry(retry=retry_if_exception_type(db.Error), wait=wait_fixed(1), stop=stop_after_attempt(10), reraise=True)
async def _written(job: Job, outcome: Outcome) -> bool:
    """Paid for and not yet written: a short absence of the database must not cost the answer."""
    return await in_database(leases.finish, job=job, outcome=outcome)
