"""Batches over HTTP and through the real runner: all or nothing in, one price, one end."""

import asyncio
import csv
import io
import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from redis.asyncio import Redis
from rest_framework.test import APIClient

from accounts.access import Actor
from accounts.models import AuditEntry, Reservation
from accounts.permissions import Scope
from inference import batching, configuration
from inference.choices import Priority, ProviderName, Status
from inference.entries import Cursor, Event
from inference.hub import Hub
from inference.models import Batch, Job
from inference.offload import in_database
from inference.runner.runner import Runner
from inference.services import batch_ends, batches, jobs, leases
from tests.factories import (
    BatchFactory,
    JobFactory,
    LanguageModelFactory,
    SecretKeyFactory,
    SpendingCapFactory,
)
from tests.simulators.llm import saying

BATCHES = "/api/v1/inference/batches/"
TEXTS = ["One. Two.", {"text": "Three. Four.", "max_sentences": 2}]
BODY = {"task": "summarize", "inputs": TEXTS, "shared": {"max_sentences": 1}, "name": "Two of them"}


@pytest.fixture
def client(organization) -> APIClient:
    SecretKeyFactory(organization=organization, text="pls_batches", scopes=[Scope.INFERENCE])
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION="Bearer pls_batches")
    return client


def lines_of(response: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text_of(response).splitlines()]


def text_of(response: Any) -> str:
    async def body() -> bytes:
        return b"".join([piece async for piece in response])

    return asyncio.run(body()).decode()


def test_a_batch_is_created_whole(client, organization) -> None:
    response = client.post(BATCHES, BODY)

    assert response.status_code == 202
    batch = Batch.objects.get()
    assert response["Location"] == f"{BATCHES}{batch.pk}/"
    found = list(batch.jobs.order_by("batch_index"))
    assert [job.input for job in found] == [
        {"text": "One. Two.", "max_sentences": 1},
        {"text": "Three. Four.", "max_sentences": 2},
    ]
    assert {job.priority for job in found} == {Priority.LOW}
    assert {job.organization for job in found} == {organization}
    body = response.json()
    assert (body["state"], body["total"], body["counts"]["queued"], body["priority"]) == ("running", 2, 2, "low")
    assert AuditEntry.objects.filter(action="batch.created").count() == 1


def test_lines_are_a_batch_as_well(client) -> None:
    body = '{"text": "One. Two."}\n\n"Three."\r\n'
    address = f'{BATCHES}?task=summarize&name=Lines&shared={{"max_sentences": 1}}'

    response = client.generic("POST", address, body, content_type="application/x-ndjson")

    assert response.status_code == 202, response.content
    batch = Batch.objects.get()
    assert (batch.name, batch.total) == ("Lines", 2)
    assert batch.jobs.get(batch_index=1).input == {"text": "Three.", "max_sentences": 1}


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"inputs": []}, ["inputs"]),
        ({"inputs": ["a"] * 10_001}, ["inputs"]),
        ({"task": "sing"}, ["task"]),
        ({"colour": "red"}, ["colour"]),
        ({"provider": "oracle"}, ["provider"]),
        ({"inputs": ["a", {"text": " "}, 5, "b"]}, ["inputs.2"]),
        ({"inputs": ["a", {"text": " "}, {"texts": ["b", ""]}]}, ["inputs.1.text", "inputs.2.texts.1"]),
        ({"inputs": ["a", "b"], "shared": {"max_sentences": 0}}, ["shared.max_sentences"]),
        ({"inputs": ["a", {"text": "b", "max_sentences": 99}]}, ["inputs.1.max_sentences"]),
    ],
)
def test_what_is_wrong_is_named_by_item_and_field_and_nothing_is_taken(client, change, fields) -> None:
    response = client.post(BATCHES, {**BODY, **change})

    assert response.status_code == 400
    assert [item["field"] for item in response.json()["error"]["fields"]] == fields
    assert not Batch.objects.exists()
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    ("address", "body", "field"),
    [
        (f"{BATCHES}?task=summarize", b'{"text": "a"}\n{"text": \n', "inputs.1"),
        (f"{BATCHES}?task=summarize&shared={{", b'{"text": "a"}', "shared"),
        (BATCHES, b'"a"', "task"),
    ],
)
def test_lines_at_fault_are_named(client, address, body, field) -> None:
    response = client.generic("POST", address, body, content_type="application/x-ndjson")

    assert response.status_code == 400
    assert [item["field"] for item in response.json()["error"]["fields"]] == [field]


def test_what_is_shared_counts_for_each(client, monkeypatch) -> None:
    monkeypatch.setattr(batching, "MOST_BYTES", 1_000)
    shared = {"labels": ["a" * 180, "b" * 180]}

    response = client.post(BATCHES, {"task": "classify", "inputs": ["x"] * 3, "shared": shared})

    assert [item["field"] for item in response.json()["error"]["fields"]] == ["inputs"]


def test_the_same_key_finds_the_first_batch(client) -> None:
    headers = {"Idempotency-Key": "nightly"}

    first, again = (client.post(BATCHES, BODY, headers=headers).json() for _ in range(2))
    other = client.post(BATCHES, {**BODY, "name": "Other"}, headers=headers)

    assert first["id"] == again["id"]
    assert (other.status_code, Job.objects.count()) == (422, 2)
    Batch.objects.update(created_at=timezone.now() - timedelta(hours=25))
    assert client.post(BATCHES, {**BODY, "name": "Other"}, headers=headers).status_code == 202


def test_one_price_is_held_and_each_job_settles_its_part(client, llm, run) -> None:
    LanguageModelFactory(provider=ProviderName.OPENAI, model="sim", most_output_tokens=1_000)
    inputs = [{"prompt": f"@sim tokens={count}", "max_tokens": 10} for count in (1, 2, 3)]
    made = client.post(
        BATCHES, {"task": "generate", "inputs": inputs, "provider": "openai", "model": "sim"}
    ).json()

    held = Reservation.objects.filter(state="held")
    assert made["most_cost"] == {"amount": sum(one.amount for one in held), "currency": "USD"}
    assert {one.key for one in held} == {f"job:{job.pk}" for job in Job.objects.all()}
    for job in Job.objects.all():
        run(job)

    shown = client.get(f"{BATCHES}{made['id']}/").json()
    assert (shown["state"], shown["counts"]["succeeded"]) == ("finished", 3)
    settled = Reservation.objects.filter(state="settled")
    assert shown["cost"]["amount"] == sum(one.settled or 0 for one in settled) > 0
    assert settled.count() == 3


def test_over_the_cap_nothing_of_it_is_taken(client, organization, llm) -> None:
    LanguageModelFactory(provider=ProviderName.OPENAI, model="sim", most_output_tokens=1_000)
    one = {"prompt": "Why?", "max_tokens": 10}
    body = {"task": "generate", "inputs": [one], "provider": "openai", "model": "sim"}
    alone = client.post(BATCHES, body).json()["most_cost"]["amount"]
    SpendingCapFactory.create(organization=organization, amount=3 * alone)

    refused = client.post(BATCHES, {**body, "inputs": [one] * 3})
    taken = client.post(BATCHES, {**body, "inputs": [one] * 2})

    assert (refused.status_code, refused.json()["error"]["asked"]) == (402, 3 * alone)
    assert taken.status_code == 202
    assert Job.objects.count() == 3


def test_other_jobs_go_first_and_have_their_own_room(client, organization, monkeypatch) -> None:
    monkeypatch.setattr(jobs, "MOST_WAITING", 1)
    monkeypatch.setattr(jobs, "MOST_WAITING_LOW", 3)
    client.post(BATCHES, BODY)

    single = client.post("/api/v1/inference/summarize/", {"text": "Urgent."})
    too_many = client.post(BATCHES, BODY)

    assert (single.status_code, too_many.status_code) == (202, 429)
    (first,) = leases.take(owner="one", limit=1, lease=30)
    assert str(first.pk) == single.json()["id"]


def test_results_come_while_others_still_run_and_go_on_behind_a_place(client, transactional_db, run) -> None:
    made = client.post(BATCHES, {**BODY, "inputs": ["Zero. A.", "One. B.", "Two. C."]}).json()
    address = f"{BATCHES}{made['id']}/results/"
    Job.objects.filter(batch_index=1).update(run_after=timezone.now() + timedelta(hours=1))
    for index in (0, 2):
        run(Job.objects.get(batch_index=index))

    partial = lines_of(client.get(address))
    assert [(line["index"], line["status"], line["output"]) for line in partial] == [
        (0, "succeeded", "Zero."),
        (2, "succeeded", "Two."),
    ]
    assert [line["index"] for line in lines_of(client.get(address, {"after": 0}))] == [2]
    assert [line["index"] for line in lines_of(client.get(address, {"limit": 1}))] == [0]
    assert [line["index"] for line in lines_of(client.get(address, {"status": "queued"}))] == [1]
    response = client.get(address, {"format": "csv"})
    rows = list(csv.DictReader(io.StringIO(text_of(response))))
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert [(row["index"], row["text"], row["output"]) for row in rows] == [
        ("0", "Zero. A.", "Zero."),
        ("2", "Two. C.", "Two."),
    ]


@pytest.mark.parametrize("query", ["after=x", "limit=0", "limit=-1", "format=xlsx", "status=asleep"])
def test_a_parameter_of_the_results_is_named(client, organization, query) -> None:
    batch: Any = BatchFactory(organization=organization)

    response = client.get(f"{BATCHES}{batch.pk}/results/?{query}")

    assert response.status_code == 400
    assert [item["field"] for item in response.json()["error"]["fields"]] == [query.partition("=")[0]]


def test_pages_of_results_are_read_as_they_are_sent(client, organization, transactional_db, monkeypatch) -> None:
    monkeypatch.setattr("inference.queries.batches._ROWS", 2)
    batch: Any = BatchFactory(organization=organization, total=5)
    ended = {
        "status": Status.CANCELLED,
        "finished_at": timezone.now(),
        "batch": batch,
        "organization": organization,
    }
    for index in range(5):
        JobFactory(batch_index=index, **ended)

    def places(**query: int) -> list[int]:
        return [line["index"] for line in lines_of(client.get(f"{BATCHES}{batch.pk}/results/", query))]

    assert places() == [0, 1, 2, 3, 4]
    assert places(limit=3) == [0, 1, 2]
    assert places(limit=2, after=1) == [2, 3]


def test_cancelling_ends_what_waits_and_asks_what_runs(
    client, organization, django_capture_on_commit_callbacks
) -> None:
    made = client.post(BATCHES, BODY).json()
    (running,) = leases.take(owner="one", limit=1, lease=30)

    with django_capture_on_commit_callbacks(execute=True):
        shown = client.post(f"{BATCHES}{made['id']}/cancel/").json()

    assert (shown["state"], shown["counts"]["cancelled"], shown["counts"]["running"]) == ("cancelling", 1, 1)
    assert leases.renew(held={running.pk: running.fence}, lease=30) == {running.pk: True}
    assert client.post(f"{BATCHES}{made['id']}/cancel/").json() == shown
    assert AuditEntry.objects.filter(action="batch.cancelled").count() == 1


async def _cancelled_at_the_first_word(batch: Batch, job: Job, redis_url: str) -> list[Event]:
    hub = Hub()
    seen: list[Event] = []
    async with Redis.from_url(redis_url) as redis, asyncio.timeout(20):
        runner = Runner(redis, configuration.limits())
        running = asyncio.create_task(runner.run())
        async for events in hub.follow(job.pk, Cursor()):
            if events and not seen:
                await in_database(batches.cancel, batch=batch, actor=Actor())
            seen += events
        runner.stop()
        await running
        await hub.close()
    return seen


def test_a_cancelled_batch_is_over_when_its_running_jobs_have_stopped(
    client, llm, transactional_db, settings
) -> None:
    prompts = [f"@sim tokens=500 delay=0.05 echo={index}" for index in range(3)]
    client.post(BATCHES, {"task": "generate", "inputs": prompts, "provider": "openai", "model": "sim"})
    batch = Batch.objects.get()
    job = batch.jobs.get(batch_index=0)

    events = asyncio.run(_cancelled_at_the_first_word(batch, job, settings.REDIS_URL))

    assert (events[-1].name, events[-1].data["status"]) == ("done", "cancelled")
    # One that had just been given back is ended by the next look.
    batch_ends.tend()
    batch.refresh_from_db()
    assert {job.status for job in batch.jobs.all()} == {Status.CANCELLED}
    assert batch.finished_at is not None


def test_the_end_comes_once_with_the_last_job(organization, django_capture_on_commit_callbacks) -> None:
    batch: Any = BatchFactory(organization=organization)
    first, second = (JobFactory.create(batch=batch, batch_index=n, organization=organization) for n in range(2))

    with django_capture_on_commit_callbacks(execute=True):
        jobs.cancel(job=first)
    assert Batch.objects.get().finished_at is None
    with django_capture_on_commit_callbacks(execute=True):
        jobs.cancel(job=second)
    ended = Batch.objects.get().finished_at

    assert ended is not None
    assert batch_ends.close([batch.pk]) == 0
    assert Batch.objects.get().finished_at == ended


def test_what_nobody_closed_is_closed_and_what_came_back_is_ended(organization, owner) -> None:
    over: Any = BatchFactory(organization=organization, total=1)
    JobFactory(batch=over, batch_index=0, status=Status.CANCELLED, finished_at=timezone.now())
    cancelled: Any = BatchFactory(organization=organization, cancel_requested_at=timezone.now(), total=1)
    back: Any = JobFactory(batch=cancelled, batch_index=0, organization=organization)
    still: Any = BatchFactory(organization=organization, total=1)
    JobFactory(batch=still, batch_index=0, organization=organization)

    batch_ends.tend()
    batch_ends.tend()

    back.refresh_from_db()
    assert back.status == Status.CANCELLED
    assert set(Batch.objects.filter(finished_at=None)) == {still}


def test_batches_are_listed_with_their_counts_at_the_same_cost(
    client, organization, django_assert_max_num_queries
) -> None:
    for _ in range(10):
        batch: Any = BatchFactory(organization=organization)
        JobFactory.create(batch=batch, batch_index=0, organization=organization)
    BatchFactory()

    client.get(BATCHES)
    with django_assert_max_num_queries(4):
        found = client.get(BATCHES).json()["results"]

    assert len(found) == 10
    assert {item["counts"]["queued"] for item in found} == {1}


def test_a_batch_needs_what_its_task_needs(client) -> None:
    response = client.post(BATCHES, {"task": "generate", "inputs": ["Hello"]})

    assert (response.status_code, response.json()["error"]["code"]) == (503, "no_provider")
    assert not Batch.objects.exists()


def test_a_batch_of_labels_is_classified(client, llm, run) -> None:
    body = {
        "task": "classify",
        "inputs": [f"It broke. @sim {saying('B')}", f"Thanks! @sim {saying('A')}"],
        "shared": {"labels": ["praise", "bug"]},
        "provider": "openai",
        "model": "sim",
    }
    made = client.post(BATCHES, body).json()
    for job in Job.objects.all():
        run(job)

    found = lines_of(client.get(f"{BATCHES}{made['id']}/results/"))
    assert [line["result"]["label"] for line in found] == ["bug", "praise"]


def test_ten_thousand_are_taken_at_once(client, organization) -> None:
    response = client.post(BATCHES, {**BODY, "inputs": ["One. Two."] * 10_000})

    assert response.status_code == 202
    assert Job.objects.filter(organization=organization).count() == 10_000
