"""Jobs that are made at the door, in groups: the same jobs, and the same refusals, as Django's."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from accounts.access import SYSTEM, Actor
from accounts.errors import RateLimited, SpendingCapReached
from accounts.models import Reservation
from accounts.permissions import Scope
from accounts.queries.plans import UNLIMITED
from accounts.services import secret_keys
from inference.choices import Status
from inference.inputs import parse_request
from inference.models import Job
from inference.services import together
from tests import factories
from tests.inference.processes import Web
from tests.product import eventually

JOBS = "/api/v1/inference/jobs/"
GENERATE = "/api/v1/inference/generate/"
KEY = {"Authorization": "Bearer pls_stack"}
pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def web(django_db_setup, simulator):
    environ = {"OPENAI_API_KEY": "sk-test", "OPENAI_BASE_URL": simulator.openai_url, "OPENAI_MODEL": "sim"}
    with Web(**environ) as process:
        yield process


@pytest.fixture
def key(transactional_db):
    return factories.SecretKeyFactory(text="pls_stack", scopes=[Scope.INFERENCE])


def asked(prompt: str, **more):
    return {"task": "generate", "input": {"prompt": prompt}, **more}


@pytest.mark.stack
def test_many_at_once_are_all_made_once(web, key) -> None:
    with ThreadPoolExecutor(16) as clients:
        answers = list(clients.map(lambda n: web.request("POST", JOBS, asked(f"no. {n}"), **KEY), range(80)))

    assert {status for status, _, _ in answers} == {202}
    made = {body["id"]: body["input"]["prompt"] for _, _, body in answers}
    assert sorted(made.values()) == sorted(f"no. {number}" for number in range(80))
    rows = Job.objects.all()
    assert {str(job.pk): job.input["prompt"] for job in rows} == made
    assert {(job.organization_id, job.created_with_id, job.status) for job in rows} == {
        (key.organization_id, key.pk, Status.QUEUED)
    }
    assert {headers["location"] for _, headers, _ in answers} == {f"{JOBS}{job_id}/" for job_id in made}


@pytest.mark.stack
def test_it_looks_as_it_does_when_asked_for(web, key) -> None:
    _, headers, made = web.request("POST", GENERATE, {"prompt": "Why?", "metadata": {"for": "Ann"}}, **KEY)

    _, _, shown = web.request("GET", headers["location"], **KEY)

    assert made == shown
    assert made["metadata"] == {"for": "Ann"}


@pytest.mark.stack
@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (asked("x", priority="urgent"), 400, "priority"),
        (asked("x", deadline=99_999), 400, "deadline"),
        (asked("x", credential="nobody's"), 400, "credential"),
        ({"task": "generate", "input": {}}, 400, "input.prompt"),
        (asked("x", project="nowhere"), 400, "project"),
    ],
)
def test_what_is_refused_is_refused_as_before(web, key, body, status, field) -> None:
    found, _, answer = web.request("POST", JOBS, body, **KEY)

    assert (found, [item["field"] for item in answer["error"]["fields"]]) == (status, [field])
    assert Job.objects.count() == 0


@pytest.mark.stack
def test_the_same_idempotency_key_finds_the_first(web, key) -> None:
    once = {**KEY, "Idempotency-Key": "once"}
    first, second = (web.request("POST", JOBS, asked("x"), **once)[2]["id"] for _ in range(2))

    assert first == second
    assert Job.objects.count() == 1


@pytest.mark.stack
def test_a_key_that_was_revoked_makes_nothing_more(web, key) -> None:
    assert web.request("POST", JOBS, asked("before"), **KEY)[0] == 202

    secret_keys.revoke(key=key, actor=SYSTEM)

    eventually(lambda: web.request("POST", JOBS, asked("after"), **KEY)[0] == 401, within=10)


@pytest.mark.stack
def test_a_key_without_the_scope_and_a_wrong_one_are_told_so(web, transactional_db) -> None:
    factories.SecretKeyFactory(text="pls_stack", scopes=[Scope.QUERY])

    assert web.request("POST", JOBS, asked("x"), **KEY)[0] == 403
    assert web.request("POST", JOBS, asked("x"), Authorization="Bearer pls_nobody")[0] == 401
    assert Job.objects.count() == 0


@pytest.mark.stack
def test_a_stream_of_somebody_else_s_job_is_not_there(web, key) -> None:
    other = factories.JobFactory.create()

    status, _, answer = web.request("GET", f"{JOBS}{other.pk}/stream/", **KEY)

    assert (status, answer["error"]["code"]) == (404, "not_found")


def test_all_are_made_or_none(organization, llm, monkeypatch) -> None:
    key = factories.SecretKeyFactory.create(organization=organization, scopes=[Scope.INFERENCE])
    wanted: list[Any] = [(Actor(secret_key=key), parse_request(asked(str(number)))) for number in range(5)]
    monkeypatch.setattr("inference.services.jobs.MOST_WAITING", 4)

    with pytest.raises(RateLimited):
        together.create(organization=organization, limits=UNLIMITED, asked=wanted)
    assert Job.objects.count() == 0

    made = together.create(organization=organization, limits=UNLIMITED, asked=wanted[:4])
    assert [job.input["prompt"] for job in made] == ["0", "1", "2", "3"]
    assert set(Job.objects.all()) == set(made)


def test_each_holds_what_it_may_cost_and_the_cap_holds_for_all(organization, llm) -> None:
    factories.LanguageModelFactory.create(model="gpt-test", most_output_tokens=1_000)
    key = factories.SecretKeyFactory.create(organization=organization, scopes=[Scope.INFERENCE])
    wanted: list[Any] = [
        (Actor(secret_key=key), parse_request({**asked(str(number)), "provider": "openai"})) for number in range(3)
    ]

    made = together.create(organization=organization, limits=UNLIMITED, asked=wanted[:2])
    held = dict(Reservation.objects.values_list("key", "amount"))
    assert set(held) == {f"job:{job.pk}" for job in made}

    factories.SpendingCapFactory.create(organization=organization, amount=sum(held.values()) + 1)
    with pytest.raises(SpendingCapReached):
        together.create(organization=organization, limits=UNLIMITED, asked=wanted)
    assert Job.objects.count() == Reservation.objects.count() == 2
