"""Who fails again and again is left alone by every worker, and let in again by one."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from redis.asyncio import Redis

from inference import circuits
from inference.circuits import MOST_FAULTS, Circuits
from inference.providers.base import ProviderError
from inference.queries import health
from tests.inference.conftest import forget_circuits

FAULT = ProviderError("overloaded", "Simulated.", retryable=True)
NAME = "openai/gpt-x@key-0"


@pytest.fixture(autouse=True)
def _clean(settings) -> None:
    forget_circuits(settings.REDIS_URL)


@pytest.fixture
def now(monkeypatch):
    """A clock that is set by hand."""
    found = [1_000_000.0]
    monkeypatch.setattr(circuits, "time", lambda: found[0])
    monkeypatch.setattr(circuits, "monotonic", lambda: found[0])
    return found


def with_two(settings, check: Callable[[Circuits, Circuits], Awaitable[None]]) -> None:
    """Two workers on one Redis."""

    async def main() -> None:
        async with Redis.from_url(settings.REDIS_URL) as one, Redis.from_url(settings.REDIS_URL) as other:
            await check(Circuits(one), Circuits(other))

    asyncio.run(main())


def test_failures_of_both_workers_open_it_for_both(settings, now) -> None:
    async def check(one: Circuits, other: Circuits) -> None:
        for number in range(MOST_FAULTS):
            assert await one.rest(NAME) == 0
            await (one, other)[number % 2].failed(NAME, FAULT)
        now[0] += 2
        assert await one.rest(NAME) > 0
        assert await other.rest(NAME) > 0
        assert await one.rest("openai/gpt-x@key-1") == 0

    with_two(settings, check)


def test_a_success_between_keeps_it_closed(settings, now) -> None:
    async def check(one: Circuits, other: Circuits) -> None:
        for _ in range(MOST_FAULTS * 2):
            await one.failed(NAME, FAULT)
            await one.succeeded(NAME)
        now[0] += 2
        assert await other.rest(NAME) == 0

    with_two(settings, check)


def test_after_its_rest_one_caller_tries_and_opens_it_for_all(settings, now) -> None:
    async def check(one: Circuits, other: Circuits) -> None:
        for _ in range(MOST_FAULTS):
            await one.failed(NAME, FAULT)
        now[0] += 10
        assert [await one.rest(NAME), await other.rest(NAME), await one.rest(NAME)].count(0) == 1
        await one.succeeded(NAME)
        now[0] += 2
        assert [await one.rest(NAME), await other.rest(NAME)] == [0, 0]

    with_two(settings, check)


def test_it_rests_longer_each_time_that_the_one_caller_fails(settings, now) -> None:
    async def check(one: Circuits, other: Circuits) -> None:
        for _ in range(MOST_FAULTS):
            await one.failed(NAME, FAULT)
        first = await one.rest(NAME)
        now[0] += 10
        assert await other.rest(NAME) == 0
        await other.failed(NAME, FAULT)
        assert await other.rest(NAME) > first

    with_two(settings, check)


def test_who_was_let_in_and_went_lets_the_next_in(settings, now) -> None:
    async def check(one: Circuits, other: Circuits) -> None:
        await one.failed(NAME, ProviderError("rate_limited", "Simulated.", retryable=True, retry_after=30))
        assert 0 < await one.rest(NAME) <= 30
        now[0] += 31
        assert await one.rest(NAME) == 0
        await one.gave_up(NAME)
        assert await other.rest(NAME) == 0

    with_two(settings, check)


def test_it_is_seen_by_those_who_look(settings) -> None:
    async def check(one: Circuits, other: Circuits) -> None:
        await one.failed(NAME, ProviderError("rate_limited", "Simulated.", retryable=True, retry_after=30))

    with_two(settings, check)

    found = health.resting([NAME, "openai/other@key-0"])
    assert {name: rest.code for name, rest in found.items()} == {NAME: "rate_limited"}


def test_without_redis_a_process_goes_by_what_it_saw(now) -> None:
    async def check() -> None:
        async with Redis.from_url("redis://127.0.0.1:1", socket_connect_timeout=1) as nowhere:
            found = Circuits(nowhere)
            for _ in range(MOST_FAULTS):
                assert await found.rest(NAME) == 0
                await found.failed(NAME, FAULT)
            assert await found.rest(NAME) > 0
            now[0] += 10
            assert await found.rest(NAME) == 0
            await found.succeeded(NAME)
            assert await found.rest(NAME) == 0

    asyncio.run(check())
