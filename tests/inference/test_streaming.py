"""Streams and waiting through a real web process, a real worker, and a provider over real HTTP."""

from itertools import islice
from typing import Any

import pytest
import redis

from accounts.permissions import Scope
from inference.choices import Status
from inference.models import Job
from tests.factories import JobFactory, SecretKeyFactory
from tests.inference.processes import Web, worker
from tests.simulators.llm import saying, words

pytestmark = pytest.mark.stack
JOBS = "/api/v1/inference/jobs/"
KEY = {"Authorization": "Bearer pls_stack"}


@pytest.fixture(scope="module")
def environ(simulator) -> dict[str, str]:
    return {"OPENAI_API_KEY": "sk-test", "OPENAI_BASE_URL": simulator.openai_url, "OPENAI_MODEL": "sim"}


@pytest.fixture(scope="module")
def web(django_db_setup, environ):
    with Web(**environ) as process:
        yield process


@pytest.fixture
def key(transactional_db):
    return SecretKeyFactory(text="pls_stack", scopes=[Scope.INFERENCE])


def create(web: Web, prompt: str, **headers: str):
    status, found, body = web.request(
        "POST", JOBS, {"task": "generate", "input": {"prompt": prompt}}, **KEY, **headers
    )
    return status, found, body


def text_of(events) -> str:
    return "".join(event["data"]["text"] for event in events if event["event"] == "token")


def test_tokens_come_one_by_one_while_the_job_runs(web, key, environ) -> None:
    with worker(**environ):
        _, _, job = create(web, "@sim tokens=30 delay=0.05")
        with web.stream(f"{JOBS}{job['id']}/stream/", **KEY) as stream:
            assert stream.response.headers["Content-Type"].startswith("text/event-stream")
            assert stream.response.headers["X-Accel-Buffering"] == "no"
            events = iter(stream)
            first = next(events)
            _, _, meanwhile = web.request("GET", f"{JOBS}{job['id']}/", **KEY)
            events = [first, *events]

    assert meanwhile["status"] == "running"
    assert text_of(events) == "".join(words(30)) == Job.objects.get().output
    assert len([event for event in events if event["event"] == "token"]) > 20
    assert [event["event"] for event in events[-2:]] == ["usage", "done"]


def test_a_cut_stream_resumes_anywhere_and_misses_and_repeats_nothing(web, key, environ, settings) -> None:
    with worker(**environ), Web(**environ) as other:
        _, _, job = create(web, "@sim tokens=60 delay=0.04")
        path = f"{JOBS}{job['id']}/stream/"
        seen: list[dict[str, Any]] = []
        last: dict[str, str] = {}
        for process, count in ((web, 7), (other, 1), (web, 11), (other, 1000)):
            with process.stream(path, **KEY, **last) as stream:
                seen += islice(stream, count)
            last = {"Last-Event-ID": seen[-1]["id"]}
        assert web.request("GET", path, **KEY, **last)[0] == 204

        assert seen[-1]["event"] == "done"
        assert text_of(seen) == "".join(words(60)) == Job.objects.get().output
        # Redis lost everything: the row answers, from the same place.
        redis.Redis.from_url(settings.REDIS_URL).delete(f"job:{job['id']}")
        with web.stream(path, **KEY, **{"Last-Event-ID": seen[9]["id"]}) as stream:
            assert text_of(seen[:10]) + text_of(stream) == Job.objects.get().output


def test_a_job_whose_worker_was_killed_finishes_once(web, key, environ, simulator) -> None:
    prompt = "@sim tokens=30 delay=0.05 echo=killed"
    with worker(**environ) as first:
        _, _, job = create(web, prompt)
        with web.stream(f"{JOBS}{job['id']}/stream/", **KEY) as stream:
            events = iter(stream)
            before = list(islice(events, 5))
            first.kill()
            with worker(**environ):
                events = [*before, *events]

    names = [event["event"] for event in events]
    assert names.count("restart") == 1
    assert names.count("done") == 1
    assert text_of(events[names.index("restart") :]) == "".join(words(30))
    finished = Job.objects.get(pk=job["id"])
    assert finished.output == "".join(words(30))
    assert finished.status == Status.SUCCEEDED
    assert (finished.attempts, finished.fence) == (2, 2)
    assert simulator.attempts[prompt] == 2


def test_a_worker_that_is_asked_to_end_gives_its_jobs_back(web, key, environ) -> None:
    with worker(**environ) as process:
        _, _, job = create(web, "@sim tokens=200 delay=0.05")
        with web.stream(f"{JOBS}{job['id']}/stream/", **KEY) as stream:
            next(iter(stream))
        process.terminate()

    given_back = Job.objects.get()
    assert given_back.status == Status.QUEUED
    assert given_back.attempts == 0


def test_a_running_job_is_cancelled_within_seconds_and_keeps_its_text(web, key, environ) -> None:
    with worker(**environ):
        _, _, job = create(web, "@sim tokens=400 delay=0.05")
        with web.stream(f"{JOBS}{job['id']}/stream/", **KEY) as stream:
            events = iter(stream)
            events = [next(events), *islice(events, 2)] + [
                event for _ in [web.request("POST", f"{JOBS}{job['id']}/cancel/", **KEY)] for event in events
            ]

    assert events[-1]["event"] == "done"
    assert events[-1]["data"]["status"] == "cancelled"
    assert Job.objects.get().output == text_of(events)


def test_prefer_wait_answers_with_the_finished_job(web, key, environ) -> None:
    with worker(**environ):
        status, headers, job = create(web, "@sim tokens=5 delay=0.01", Prefer="respond-async, wait=60")

    assert status == 200
    assert headers["preference-applied"] == "wait=60"
    assert job["output"] == "".join(words(5))


def test_the_address_of_a_task_waits_as_well(web, key, environ) -> None:
    body = {"text": f"It broke. @sim {saying('B')}", "labels": ["praise", "bug"]}
    with worker(**environ):
        status, headers, job = web.request("POST", "/api/v1/inference/classify/", body, **KEY, Prefer="wait=60")

    assert (status, headers["preference-applied"]) == (200, "wait=60")
    assert job["result"]["label"] == "bug"


def test_prefer_wait_gives_up_and_answers_202(web, key) -> None:
    status, headers, job = create(web, "@sim", Prefer="wait=1")

    assert status == 202
    assert headers["location"] == f"{JOBS}{job['id']}/"
    assert headers["preference-applied"] == "wait=1"


def test_a_stream_asks_who_is_there(web, key) -> None:
    mine: Any = JobFactory(organization=key.organization)
    foreign: Any = JobFactory()

    assert web.request("GET", f"{JOBS}{mine.pk}/stream/")[0] == 401
    status, _, body = web.request("GET", f"{JOBS}{foreign.pk}/stream/", **KEY)
    assert status == 404
    assert body["error"]["code"] == "not_found"
