"""Jobs over HTTP: three people, a key, and a key without the scope."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.permissions import Scope
from inference.choices import Status
from inference.models import Job
from inference.services import jobs
from tests.factories import JobFactory, SecretKeyFactory

JOBS = "/api/v1/inference/jobs/"
SUMMARIZE = {"task": "summarize", "input": {"text": "One sentence. And another."}}
GENERATE = {"task": "generate", "input": {"prompt": "Hello"}}


def bearer(text: str, **headers: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {text}", **headers)
    return client


@pytest.fixture
def key(organization) -> str:
    SecretKeyFactory(organization=organization, text="pls_inference", scopes=[Scope.INFERENCE])
    return "pls_inference"


@pytest.fixture
def client(key) -> APIClient:
    return bearer(key)


def test_a_key_creates_a_job_of_its_organization(client, organization) -> None:
    response = client.post(JOBS, SUMMARIZE)

    assert response.status_code == 202
    job = Job.objects.get()
    assert response["Location"] == f"{JOBS}{job.pk}/"
    assert job.organization == organization
    assert job.created_with is not None
    body = response.json()
    assert body["status"] == "queued"
    assert body["provider"] == "builtin"
    assert body["input"] == {"text": "One sentence. And another.", "max_sentences": 3}
    assert body["output"] == ""


def test_without_a_provider_generate_says_what_to_set(client) -> None:
    response = client.post(JOBS, GENERATE)

    assert response.status_code == 503
    error = response.json()["error"]
    assert error["code"] == "no_provider"
    for name in ("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "OPENAI_BASE_URL"):
        assert name in error["message"]
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"task": "sing", "input": {}}, "task"),
        ({"input": {}}, "task"),
        ({"task": "summarize", "input": {}}, "input.text"),
        ({"task": "summarize", "input": {"text": "  "}}, "input.text"),
        ({"task": "summarize", "input": {"text": "a\x00b"}}, "input.text"),
        ({"task": "summarize", "input": {"text": "a", "max_sentences": 0}}, "input.max_sentences"),
        ({"task": "summarize", "input": {"text": "a", "colour": "red"}}, "input.colour"),
        ({"task": "generate", "input": {"prompt": "a", "temperature": 9}}, "input.temperature"),
        ({"task": "generate", "input": {"prompt": "a"}, "provider": "oracle"}, "provider"),
        ({"task": "generate", "input": {"prompt": "a"}, "provider": "builtin"}, "provider"),
        ([], "body"),
    ],
)
def test_a_bad_body_is_refused_by_field(client, body, field) -> None:
    response = client.post(JOBS, body)

    assert response.status_code == 400
    assert [item["field"] for item in response.json()["error"]["fields"]] == [field]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"task": "sing", "input": {}}, "One of summarize, classify, extract, generate, chat."),
        ({"task": "generate", "input": {"prompt": ""}}, "Must not be empty."),
        ({"task": "generate", "input": {"prompt": " "}}, "Must not be empty."),
    ],
)
def test_a_refusal_speaks_of_the_request(client, body, message) -> None:
    response = client.post(JOBS, body)

    assert [item["message"] for item in response.json()["error"]["fields"]] == [message]


def test_the_same_key_and_body_find_the_first_job(key) -> None:
    client = bearer(key, HTTP_IDEMPOTENCY_KEY="order-1")

    first, second = client.post(JOBS, SUMMARIZE), client.post(JOBS, SUMMARIZE)

    assert second.status_code == 202
    assert second.json() == first.json()
    assert Job.objects.count() == 1


def test_the_same_key_with_another_body_is_refused(key) -> None:
    client = bearer(key, HTTP_IDEMPOTENCY_KEY="order-1")
    client.post(JOBS, SUMMARIZE)

    response = client.post(JOBS, {"task": "summarize", "input": {"text": "Something else."}})

    assert response.status_code == 422
    assert response.json()["error"]["code"] == "idempotency_mismatch"


def test_an_idempotency_key_may_be_used_again_after_a_day(key) -> None:
    client = bearer(key, HTTP_IDEMPOTENCY_KEY="order-1")
    client.post(JOBS, SUMMARIZE)
    Job.objects.update(created_at=timezone.now() - timedelta(hours=25))

    client.post(JOBS, SUMMARIZE)

    assert Job.objects.count() == 2


def test_the_same_key_of_another_organization_is_another(key) -> None:
    bearer(key, HTTP_IDEMPOTENCY_KEY="order-1").post(JOBS, SUMMARIZE)
    SecretKeyFactory(text="pls_other")

    bearer("pls_other", HTTP_IDEMPOTENCY_KEY="order-1").post(JOBS, SUMMARIZE)

    assert Job.objects.count() == 2


@pytest.mark.parametrize("path", [JOBS, f"{JOBS}{uuid.UUID(int=1)}/"])
def test_nobody_gets_nothing(db, path) -> None:
    assert APIClient().get(path).status_code == 401
    assert bearer("pls_wrong").get(path).status_code == 401


def test_a_key_without_the_scope_is_forbidden(organization) -> None:
    SecretKeyFactory(organization=organization, text="pls_query", scopes=[Scope.QUERY])
    job: Any = JobFactory(organization=organization)
    client = bearer("pls_query")

    assert client.post(JOBS, SUMMARIZE).status_code == 403
    assert client.get(JOBS).status_code == 403
    assert client.get(f"{JOBS}{job.pk}/").status_code == 403
    assert client.post(f"{JOBS}{job.pk}/cancel/").status_code == 403


def test_people_see_a_job_by_membership(organization, owner, teammate, stranger) -> None:
    job: Any = JobFactory(organization=organization)

    statuses = []
    for person in (owner, teammate, stranger):
        client = APIClient()
        client.force_login(person)
        statuses.append(
            (client.get(f"{JOBS}{job.pk}/").status_code, client.post(f"{JOBS}{job.pk}/cancel/").status_code)
        )

    assert statuses == [(200, 200), (200, 403), (404, 404)]


def test_another_organizations_job_is_not_there(client) -> None:
    job: Any = JobFactory()

    assert client.get(f"{JOBS}{job.pk}/").status_code == 404
    assert client.get(JOBS).json()["results"] == []


def test_the_list_is_filtered_and_paged(client, organization, django_assert_max_num_queries) -> None:
    JobFactory.create_batch(3, organization=organization)
    cancelled: Any = JobFactory(organization=organization, status=Status.CANCELLED, finished_at=timezone.now())

    client.get(JOBS)
    with django_assert_max_num_queries(3):
        page = client.get(JOBS, {"page_size": 3}).json()
    rest = client.get(page["next"]).json()
    filtered = client.get(JOBS, {"status": "cancelled", "task": "summarize"}).json()

    assert len(page["results"]) == 3
    assert len(rest["results"]) == 1
    assert [item["id"] for item in filtered["results"]] == [str(cancelled.pk)]
    assert "output" not in page["results"][0]
    assert client.get(JOBS, {"status": "asleep"}).status_code == 400


@pytest.mark.parametrize(
    ("facts", "asked", "cost"),
    [
        ({}, None, None),
        ({"asked_model": "fast", "cost": 0, "currency": "USD"}, "fast", {"amount": 0, "currency": "USD"}),
        (
            {"asked_model": "openai/x", "cost": 42, "currency": "EUR"},
            "openai/x",
            {"amount": 42, "currency": "EUR"},
        ),
    ],
)
def test_a_job_says_what_was_asked_for_and_what_it_cost(client, organization, facts, asked, cost) -> None:
    job = JobFactory.create(organization=organization, **facts)

    (listed,) = client.get(JOBS).json()["results"]
    shown = client.get(f"{JOBS}{job.pk}/").json()

    for found in (listed, shown):
        assert (found["asked_model"], found["model"], found["cost"]) == (asked, "extractive-1", cost)


def test_a_waiting_job_is_cancelled_at_once(client, organization) -> None:
    job: Any = JobFactory(organization=organization)

    body = client.post(f"{JOBS}{job.pk}/cancel/").json()

    assert body["status"] == "cancelled"
    assert body["finished_at"]
    assert client.post(f"{JOBS}{job.pk}/cancel/").json() == body


def test_too_many_waiting_jobs_are_refused(client, organization, monkeypatch) -> None:
    monkeypatch.setattr(jobs, "MOST_WAITING", 2)
    JobFactory.create_batch(2, organization=organization)
    JobFactory()

    response = client.post(JOBS, SUMMARIZE)

    assert response.status_code == 429
    assert response["Retry-After"] == "60"


def test_the_first_configured_provider_is_chosen_unless_one_is_named(client, llm) -> None:
    chosen = client.post(JOBS, GENERATE).json()
    named = client.post(JOBS, {**GENERATE, "provider": "openai", "model": "gpt-y"}).json()
    builtin = client.post(JOBS, {**SUMMARIZE, "provider": "builtin"}).json()

    assert (chosen["provider"], chosen["model"]) == ("anthropic", "claude-test")
    assert (named["provider"], named["model"]) == ("openai", "gpt-y")
    assert builtin["provider"] == "builtin"


def test_the_schema_describes_jobs_and_their_stream(client) -> None:
    paths = client.get("/api/schema/?format=json").json()["paths"]

    assert {"get", "post"} <= paths[JOBS].keys()
    assert "Last-Event-ID" in str(paths[f"{JOBS}{{job_id}}/stream/"])
