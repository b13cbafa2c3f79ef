"""One job's way to its model: the first that is well, the next where it fails; each call with its deadlines."""

import asyncio
import random
from collections.abc import Sequence
from contextlib import aclosing
from datetime import datetime, timedelta

from django.utils import timezone
from pydantic import BaseModel

from inference.circuits import Circuits
from inference.configuration import Limits
from inference.conversation import Prompt, Reply
from inference.kinds.base import Size
from inference.providers import base
from inference.providers.pool import Pool
from inference.redaction import Redactor
from inference.routes import Plan, Way
from inference.runner.hearing import Heard
from inference.runner.masking import masked
from inference.runner.voice import Voice
from inference.services.outcomes import CallRecord

# Of one call among many, in this process; a longer pause is one for the queue. Seconds.
MOST_TRIES, LONGEST_PAUSE = 4, 60.0
_CANCELLED = base.ProviderError("cancelled", "The job was cancelled.")


class Asker:
    """`inference.kinds.base.Ask` for one attempt of a job; `records` holds its calls, those that failed too.

    `until` is the end of the whole job.
    """

    def __init__(
        self,
        *,
        given: BaseModel,
        plan: Plan,
        voice: Voice,
        pool: Pool,
        circuits: Circuits,
        limits: Limits,
        until: datetime,
        redactor: Redactor | None = None,
    ) -> None:
        self.given = given
        self.plan = plan
        self.voice = voice
        self.pool = pool
        self.circuits = circuits
        self.limits = limits
        self.until = until
        self.asked = 0
        self.redactor = redactor
        self.records: list[CallRecord] = []

    @property
    def size(self) -> Size:
        return self.plan.size

    def say(self, text: str) -> None:
        self.voice.say(text)

    async def __call__(self, prompt: Prompt, *, aloud: bool = False) -> Reply:
        self.asked += 1
        said, tries = self.voice.length, 0
        while True:
            tries += 1
            try:
                return await self._first_that_answers(prompt, aloud=aloud)
            except base.ProviderError as error:
                spoken = aloud and self.voice.length > said
                pause = pause_before(tries, error.retry_after)
                # The only call of a job is tried again by way of the queue, which outlives this process.
                if spoken or not self._may_try_again(error, tries, pause):
                    raise
            await asyncio.sleep(pause)

    def fits(self, pause: float) -> bool:
        """Whether the job's end is later than that."""
        return timezone.now() + timedelta(seconds=pause) < self.until

    def _may_try_again(self, error: base.ProviderError, tries: int, pause: float) -> bool:
        alone = self.asked == 1
        return error.retryable and not alone and tries < MOST_TRIES and pause <= LONGEST_PAUSE and self.fits(pause)

    async def _first_that_answers(self, prompt: Prompt, *, aloud: bool) -> Reply:
        """Go on to the next as long as nothing was said and it is not the request that is at fault."""
        said, failures, rests = self.voice.length, list[base.ProviderError](), list[float]()
        for way in self.plan.ways:
            if rest := await self.circuits.rest(way.name):
                rests.append(rest)
                continue
            try:
                return await self._ask(way, prompt, aloud=aloud)
            except base.ProviderError as error:
                if not error.elsewhere or (aloud and self.voice.length > said):
                    raise
                failures.append(error)
        raise _worst(failures, rests)

    async def _ask(self, way: Way, prompt: Prompt, *, aloud: bool) -> Reply:
        heard = Heard()
        try:
            await self._hear(way, prompt, heard, aloud=aloud)
        except base.ProviderError as error:
            self.records.append(heard.record(way.target, error))
            await (self.circuits.failed(way.name, error) if error.retryable else self.circuits.succeeded(way.name))
            raise
        except asyncio.CancelledError:
            self.records.append(heard.record(way.target, _CANCELLED))
            await self.circuits.gave_up(way.name)
            raise
        self.records.append(heard.record(way.target))
        await self.circuits.succeeded(way.name)
        return heard.reply()

    async def _hear(self, way: Way, prompt: Prompt, heard: Heard, *, aloud: bool) -> None:
        # Before its time begins to run: the first call of a process waits until the SDK is imported.
        async with self.pool.using(way) as provider:
            await self._listen(provider, way, prompt, heard, aloud=aloud)

    async def _listen(
        self, provider: base.Provider, way: Way, prompt: Prompt, heard: Heard, *, aloud: bool
    ) -> None:
        loop, limits = asyncio.get_running_loop(), self.limits
        left = (self.until - timezone.now()).total_seconds()
        deadline = loop.time() + min(limits.deadline, left)
        call = base.Call(model=way.target.model, prompt=prompt, input=self.given)
        try:
            async with asyncio.timeout_at(min(loop.time() + limits.first_token, deadline)) as timer:
                async with aclosing(masked(provider, call, self.redactor)) as pieces:
                    async for piece in pieces:
                        begun = heard.first_token_at
                        text = heard.take(piece)
                        if aloud:
                            self.voice.say(text)
                        if heard.first_token_at:
                            _put_off(timer, loop.time(), limits.stall, deadline)
                        if heard.first_token_at is not begun:
                            await self.circuits.succeeded(way.name)
        except TimeoutError as error:
            raise _too_late(
                heard, limits, over=loop.time() >= deadline, job_over=left < limits.deadline
            ) from error


def _put_off(timer: asyncio.Timeout, now: float, stall: float, deadline: float) -> None:
    """At least `stall` seconds from now on, and at most a tenth more: to move it for each token costs too much."""
    when = timer.when()
    if when is None or when < min(now + stall, deadline) or when > now + 1.1 * stall:
        timer.reschedule(min(now + 1.1 * stall, deadline))


def pause_before(tries: int, retry_after: float | None) -> float:
    """Seconds: as the provider asked, else doubling from half a second and spread, against crowds."""
    return 2.0 ** (tries - 2) * random.uniform(0.75, 1.25) if retry_after is None else retry_after  # noqa: S311


def _worst(failures: Sequence[base.ProviderError], rests: Sequence[float]) -> base.ProviderError:
    """Where all failed, what may be better later counts for more than what will not."""
    if found := next((error for error in failures if error.retryable), None):
        return found
    if rests:
        message = "Everyone who could do this has failed lately, and is left alone for a while."
        return base.Resting(message, retry_after=min(rests))
    return failures[-1]


def _too_late(heard: Heard, limits: Limits, *, over: bool, job_over: bool) -> base.ProviderError:
    if over and job_over:
        return base.ProviderError("deadline_exceeded", "The time for the whole job was over.")
    if over:
        return base.ProviderError("deadline_exceeded", f"The call took longer than {limits.deadline:g} s.")
    if heard.first_token_at:
        return base.ProviderError("stalled", f"No token came for {limits.stall:g} s.", retryable=True)
    return base.ProviderError("first_token_late", f"No token came in {limits.first_token:g} s.", retryable=True)
