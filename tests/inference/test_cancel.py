"""A cancel closes the connection to the provider, however many calls a job has under way."""

import asyncio
from collections.abc import Callable

import pytest
from redis.asyncio import Redis

from inference import configuration
from inference.choices import FinishReason, ProviderName, Status, Task
from inference.conversation import Prompt
from inference.kinds import KINDS
from inference.kinds.base import Ask, Bound, Done, Size
from inference.kinds.generate import GenerateInput
from inference.models import Call, Job
from inference.offload import in_database
from inference.runner.runner import Runner
from inference.services import jobs
from tests.factories import JobFactory
from tests.product import until

SLOW = "@sim tokens=1000 delay=0.05"
SILENT = "@sim first=60"
BOTH = pytest.mark.parametrize("provider", [ProviderName.ANTHROPIC, ProviderName.OPENAI])


class ThreeCalls:
    """A task that asks one thing to its end, then two at once."""

    task = Task.GENERATE
    input = GenerateInput
    about = "For this test."

    def bounds(self, given: GenerateInput, size: Size) -> list[Bound]:
        return []

    async def run(self, given: GenerateInput, ask: Ask) -> Done:
        await ask(Prompt.of("First. @sim tokens=2"))
        async with asyncio.TaskGroup() as group:
            for number in (1, 2):
                group.create_task(ask(Prompt.of(f"Part {number}. {given.prompt}")))
        return Done("", FinishReason.STOP)


async def run_and_cancel(
    job: Job, redis_url: str, *, when: Callable[[], bool], until_then: Callable[[], bool]
) -> None:
    async with Redis.from_url(redis_url) as redis:
        runner = Runner(redis, configuration.limits())
        running = asyncio.create_task(runner.run())
        await until(when)
        await in_database(jobs.cancel, job=job)
        await until(until_then)
        await until(lambda: not runner.held)
        runner.stop()
        await running


@pytest.fixture
def cancelled(transactional_db, settings, llm):
    """Runs a job of this prompt, cancels it once so many calls are open, and waits until all are closed."""
    settings.INFERENCE = {**settings.INFERENCE, "lease": 1.0}

    def run(provider: ProviderName, prompt: str, calls: int = 1) -> Job:
        job = JobFactory.create(task=Task.GENERATE, input={"prompt": prompt}, provider=provider, model="sim")
        before = llm.left.total()
        asyncio.run(
            run_and_cancel(
                job,
                settings.REDIS_URL,
                when=lambda: llm.open == calls,
                until_then=lambda: llm.left.total() == before + calls,
            )
        )
        job.refresh_from_db()
        return job

    return run


@BOTH
@pytest.mark.parametrize("prompt", [SLOW, SILENT])
def test_the_provider_s_connection_is_closed(cancelled, llm, provider, prompt) -> None:
    job = cancelled(provider, prompt)

    assert job.status == Status.CANCELLED
    assert llm.open == 0
    assert [call.error_code for call in Call.objects.filter(job=job)] == ["cancelled"]


@BOTH
def test_every_call_of_a_job_is_closed(cancelled, llm, monkeypatch, provider) -> None:
    monkeypatch.setitem(KINDS, Task.GENERATE, ThreeCalls())

    job = cancelled(provider, SLOW, calls=2)

    assert job.status == Status.CANCELLED
    assert llm.open == 0
    assert sorted(call.error_code for call in Call.objects.filter(job=job)) == ["", "cancelled", "cancelled"]
    assert job.tokens_output is not None
