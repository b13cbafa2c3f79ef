"""A language model to talk to, and a configuration that knows it."""

import asyncio
from collections.abc import Callable, Iterator

import pytest
from redis import Redis as SyncRedis
from redis.asyncio import Redis

from inference import configuration
from inference.entries import Cursor, Event
from inference.hub import Hub
from inference.models import Job
from inference.offload import in_database
from inference.runner.runner import Runner
from tests.simulators.llm import InThread, Simulator


@pytest.fixture(scope="session")
def simulator() -> Iterator[Simulator]:
    with InThread() as simulator:
        yield simulator


def forget_circuits(redis_url: str) -> None:
    """How earlier tests' calls went is nothing to the next."""
    with SyncRedis.from_url(redis_url) as redis:
        for key in [*redis.scan_iter("inference:circuit:*"), *redis.scan_iter("inference:probe:*")]:
            redis.delete(key)


@pytest.fixture
def llm(simulator: Simulator, settings) -> Simulator:
    """Both providers are configured, and both are the simulator."""
    simulator.requests.clear()
    simulator.attempts.clear()
    forget_circuits(settings.REDIS_URL)
    settings.INFERENCE = {
        **settings.INFERENCE,
        "anthropic": {"api_key": "sk-ant-test", "base_url": simulator.anthropic_url, "model": "claude-test"},
        "openai": {"api_key": "sk-test", "base_url": simulator.openai_url, "model": "gpt-test"},
    }
    return simulator


async def _run(job: Job, redis_url: str) -> list[Event]:
    hub = Hub()
    async with Redis.from_url(redis_url) as redis, asyncio.timeout(20):
        runner = Runner(redis, configuration.limits())
        running = asyncio.create_task(runner.run())
        events = [event async for batch in hub.follow(job.pk, Cursor()) for event in batch]
        runner.stop()
        await running
        await hub.close()
    return events


@pytest.fixture
def run(transactional_db, settings):
    """Runs a job to its end in this process, by the real runner; gives the events that a client saw."""

    def run_job(job: Job) -> list[Event]:
        events = asyncio.run(_run(job, settings.REDIS_URL))
        job.refresh_from_db()
        return events

    return run_job


@pytest.fixture
def run_until(transactional_db, settings):
    """Lets the real runner work until this holds, for jobs that are not to end."""

    async def work(holds: Callable[[], bool]) -> None:
        async with Redis.from_url(settings.REDIS_URL) as redis, asyncio.timeout(20):
            runner = Runner(redis, configuration.limits())
            running = asyncio.create_task(runner.run())
            while not await in_database(holds):  # noqa: ASYNC110 (the database tells no one)
                await asyncio.sleep(0.02)
            runner.stop()
            await running

    return lambda holds: asyncio.run(work(holds))
