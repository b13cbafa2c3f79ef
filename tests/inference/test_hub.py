"""Following jobs when Redis forgets, fails, or is faster than the client."""

import asyncio
import contextlib
from typing import Any

import pytest
from django.utils import timezone
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from inference import configuration, news
from inference import hub as hub_module
from inference.choices import ProviderName, Status, Task
from inference.entries import Cursor, Entry
from inference.hub import Hub
from inference.models import Job
from inference.runner.broadcast import Broadcast
from inference.runner.runner import Runner
from tests.factories import JobFactory
from tests.simulators.llm import words

pytestmark = pytest.mark.django_db(transaction=True)
NOWHERE = "redis://127.0.0.1:1"


@contextlib.asynccontextmanager
async def open_hub():
    hub = Hub()
    async with asyncio.timeout(20):
        yield hub
    await hub.close()


async def text_of(following) -> str:
    events = [event async for batch in following for event in batch]
    return "".join(event.data["text"] for event in events if event.name == "token")


def test_a_finished_job_without_history_is_told_by_its_row() -> None:
    job: Any = JobFactory(status=Status.SUCCEEDED, output="The answer.", finished_at=timezone.now(), fence=2)

    async def follow(cursor: Cursor) -> str:
        async with open_hub() as hub:
            return await text_of(hub.follow(job.pk, cursor))

    assert asyncio.run(follow(Cursor())) == "The answer."
    assert asyncio.run(follow(Cursor.after("2-4"))) == "answer."


def test_a_client_that_cannot_keep_up_still_gets_everything(settings) -> None:
    job: Any = JobFactory()
    letters = [chr(97 + number % 26) for number in range(1500)]

    async def follow() -> str:
        async with open_hub() as hub, Redis.from_url(settings.REDIS_URL) as redis:
            broadcast = Broadcast(redis)
            broadcast.say(job.pk, Entry(1, 0, "start"))
            broadcast.say(job.pk, Entry(1, 0, "token", letters[0]))
            await broadcast.flush()
            following = hub.follow(job.pk, Cursor())
            seen = [event async for event in _first(following)]
            for offset, letter in enumerate(letters[1:], 1):
                broadcast.say(job.pk, Entry(1, offset, "token", letter))
                await broadcast.flush()
            broadcast.say(job.pk, Entry(1, len(letters), "end", data={"status": "succeeded"}))
            await broadcast.flush()
            return "".join(event.data["text"] for event in seen) + await text_of(following)

    assert asyncio.run(follow()) == "".join(letters)


async def _first(following):
    for event in await anext(following):
        yield event


def test_without_redis_the_job_is_done_and_the_row_tells(llm, settings) -> None:
    job: Any = JobFactory(
        task=Task.GENERATE, input={"prompt": "@sim tokens=5"}, provider=ProviderName.OPENAI, model="sim"
    )
    settings.REDIS_URL = NOWHERE

    async def follow() -> str:
        async with open_hub() as hub, Redis.from_url(NOWHERE) as redis:
            runner = Runner(redis, configuration.limits())
            running = asyncio.create_task(runner.run())
            text = await text_of(hub.follow(job.pk, Cursor()))
            runner.stop()
            await running
            return text

    assert asyncio.run(follow()) == "".join(words(5))
    assert Job.objects.get().status == Status.SUCCEEDED


def test_one_connection_serves_many_clients(settings) -> None:
    jobs: list[Any] = JobFactory.create_batch(20)

    async def follow() -> tuple[list[str], int]:
        async with open_hub() as hub, Redis.from_url(settings.REDIS_URL) as redis:
            following = [
                asyncio.create_task(text_of(hub.follow(job.pk, Cursor()))) for job in jobs for _ in range(3)
            ]
            broadcast = Broadcast(redis)
            for job in jobs:
                broadcast.say(job.pk, Entry(1, 0, "start"))
                broadcast.say(job.pk, Entry(1, 0, "token", str(job.pk)))
                broadcast.say(job.pk, Entry(1, 36, "end", data={"status": "succeeded"}))
            await asyncio.sleep(0)
            await broadcast.flush()
            texts = await asyncio.gather(*following)
            mine = [client for client in await redis.client_list() if client["name"] == hub.name]
            subscribed = [client for client in mine if client["sub"] != "0"]
            return texts, len(subscribed)

    texts, connections = asyncio.run(follow())

    assert texts == [str(job.pk) for job in jobs for _ in range(3)]
    assert connections == 1


def test_a_client_hears_that_nothing_is_new_as_long_as_that_is_so(settings, monkeypatch) -> None:
    monkeypatch.setattr(hub_module, "KEEP_OPEN_SECONDS", 0.3)
    job: Any = JobFactory()

    async def follow() -> list[list[str]]:
        async with open_hub() as hub, Redis.from_url(settings.REDIS_URL) as redis:
            following = hub.follow(job.pk, Cursor())
            batches = [await anext(following), await anext(following)]
            broadcast = Broadcast(redis)
            broadcast.say(job.pk, Entry(1, 0, "token", "A"))
            await broadcast.flush()
            batches.append(await anext(following))
            batches.append(await anext(following))
            broadcast.end(job.pk, [Entry(1, 1, "end", data={"status": "succeeded"})], None)
            await broadcast.flush()
            batches.append(await anext(following))
            return [[event.name for event in batch] for batch in batches]

    assert asyncio.run(follow()) == [[], [], ["token"], [], ["done"]]


@pytest.mark.parametrize("shown", [b'{"status":"succeeded","output":"The answer."}', None])
def test_who_waits_for_the_end_gets_the_job_with_it_where_that_came(settings, shown) -> None:
    job: Any = JobFactory()

    async def wait() -> bytes | None:
        async with open_hub() as hub, Redis.from_url(settings.REDIS_URL) as redis, hub.attentive():
            ended: asyncio.Task[bytes | None] = asyncio.create_task(hub.ended(job.pk))
            await asyncio.sleep(0)
            broadcast = Broadcast(redis)
            broadcast.end(job.pk, [Entry(1, 0, "end", data={"status": "succeeded"})], shown)
            await broadcast.flush()
            return await ended

    assert asyncio.run(wait()) == shown


def test_the_script_that_says_it_comes_back_to_a_redis_that_has_forgotten_it(settings) -> None:
    job: Any = JobFactory()

    async def say() -> list[Entry]:
        async with Redis.from_url(settings.REDIS_URL) as redis:
            broadcast = Broadcast(redis)
            for number in range(2):
                broadcast.say(job.pk, Entry(1, number, "token", "a"))
                await broadcast.flush()
                await redis.script_flush()
            return await news.history(redis, job.pk)

    assert [entry.offset for entry in asyncio.run(say())] == [0, 1]


def test_what_a_redis_that_was_away_did_not_take_follows_when_it_is_back(settings, monkeypatch) -> None:
    running, over = (JobFactory.create() for _ in range(2))

    async def say() -> tuple[list[bool], dict[Any, list[Entry]]]:
        async with Redis.from_url(settings.REDIS_URL) as redis:
            broadcast = Broadcast(redis)
            there = broadcast.speaker.say
            broadcast.say(running.pk, Entry(1, 0, "start"))
            broadcast.say(running.pk, Entry(1, 0, "token", "a"))
            broadcast.end(over.pk, [Entry(1, 0, "end", data={"status": "succeeded"})], None)

            async def away(_message: news.Message) -> None:
                broadcast.say(running.pk, Entry(1, 1, "token", "b"))
                raise RedisConnectionError("It is not there.")

            monkeypatch.setattr(broadcast.speaker, "say", away)
            sent = [await broadcast.flush()]
            monkeypatch.setattr(broadcast.speaker, "say", there)
            broadcast.say(running.pk, Entry(1, 2, "token", "c"))
            sent.append(await broadcast.flush())
            return sent, {job.pk: await news.history(redis, job.pk) for job in (running, over)}

    sent, found = asyncio.run(say())

    assert sent == [False, True]
    assert found == {running.pk: [Entry(1, 0, "start"), Entry(1, 0, "token", "abc")], over.pk: []}


def test_a_new_attempt_leaves_nothing_of_the_one_before_and_all_of_it_ends_in_time(settings) -> None:
    job: Any = JobFactory()

    async def say() -> tuple[list[str], list[int]]:
        async with Redis.from_url(settings.REDIS_URL) as redis:
            broadcast = Broadcast(redis)
            lives = []
            for fence in (1, 2):
                broadcast.say(job.pk, Entry(fence, 0, "start"))
                broadcast.say(job.pk, Entry(fence, 0, "token", f"attempt {fence}"))
                await broadcast.flush()
                lives.append(await redis.ttl(news.name_of(job.pk)))
            broadcast.end(job.pk, [Entry(2, 9, "end", data={"status": "succeeded"})], None)
            await broadcast.flush()
            lives.append(await redis.ttl(news.name_of(job.pk)))
            return [entry.text for entry in await news.history(redis, job.pk)], lives

    texts, lives = asyncio.run(say())

    assert texts == ["", "attempt 2", ""]
    assert 80_000 < lives[0] <= 86_400
    assert 80_000 < lives[1] <= 86_400
    assert 500 < lives[2] <= 600


def test_what_it_does_not_understand_stops_nothing(settings) -> None:
    job: Any = JobFactory()

    async def follow() -> str:
        async with open_hub() as hub, Redis.from_url(settings.REDIS_URL) as redis:
            following = asyncio.create_task(text_of(hub.follow(job.pk, Cursor())))
            await hub.listens.wait()
            for rubbish in (b"", b"{", b'{"job": []}', b"[[]]"):
                await redis.publish(news.CHANNEL, rubbish)
            broadcast = Broadcast(redis)
            broadcast.say(job.pk, Entry(1, 0, "token", "Still here."))
            broadcast.end(job.pk, [Entry(1, 11, "end", data={"status": "succeeded"})], None)
            await broadcast.flush()
            return await following

    assert asyncio.run(follow()) == "Still here."
