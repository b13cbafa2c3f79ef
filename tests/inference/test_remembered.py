"""An answer is given again to the same question, where that is asked for, and to nobody else."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.access import Actor
from accounts.models import Reservation, UsageEntry
from accounts.permissions import Scope
from inference.choices import FinishReason, Status
from inference.inputs import parse_request
from inference.models import Job
from inference.providers.base import Usage
from inference.queries.endings import whole
from inference.services import finishing, jobs, leases
from inference.services.outcomes import Outcome
from tests import factories

BODY = {"task": "generate", "input": {"prompt": "@sim tokens=5", "temperature": 0.7}, "provider": "openai"}


pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def price(db, llm):
    return factories.LanguageModelFactory.create(model="gpt-test")


def create(organization, owner, *, cache: Any = True, **more: Any) -> Job:
    body = {**BODY, "cache": cache, **more}
    job, _ = jobs.create(organization=organization, actor=Actor(user=owner), request=parse_request(body))
    return job


def done(job: Job) -> Job:
    """As a worker ends it."""
    (held,) = leases.take(owner="one", limit=1, lease=30)
    call = factories.call_record(Usage(10, 5))
    finishing.finish(
        job=held, outcome=Outcome(Status.SUCCEEDED, "An answer.", None, FinishReason.STOP, calls=(call,))
    )
    job.refresh_from_db()
    return job


@pytest.fixture
def answered(organization, owner) -> Job:
    job = done(create(organization, owner))
    assert job.answered_from is None
    return job


def test_the_same_question_has_the_same_answer_at_once_and_for_nothing(organization, owner, answered):
    posted, held = UsageEntry.objects.count(), Reservation.objects.count()

    again = create(organization, owner)

    assert (again.status, again.output, again.finish_reason) == ("succeeded", answered.output, "stop")
    assert (again.answered_from, again.cost, again.tokens_output) == (answered, 0, None)
    assert (again.provider, again.model) == (answered.provider, answered.model)
    assert (UsageEntry.objects.count(), Reservation.objects.count()) == (posted, held)


def test_its_stream_is_that_of_any_other(organization, owner, run, llm):
    first = create(organization, owner)
    run(first)
    again = create(organization, owner)

    events = run(again)

    assert len(llm.requests) == 1

    assert [event.name for event in events] == ["token", "done"]
    assert events[0].data["text"] == first.output == again.output
    assert [entry.kind for entry in whole(again)] == ["token", "end"]


def test_the_api_says_so(organization, owner, answered):
    factories.SecretKeyFactory.create(organization=organization, text="pls_a", scopes=[Scope.INFERENCE])
    client = APIClient(headers={"Authorization": "Bearer pls_a"})

    previewed = client.post("/api/v1/inference/preview/", {**BODY, "cache": True}, format="json").json()
    answer = client.post("/api/v1/inference/jobs/", {**BODY, "cache": {"seconds": 60}}, format="json")

    assert answer.status_code == 200
    job = answer.json()
    assert (job["cached"], job["answered_from"], job["usage"]) == (True, str(answered.pk), None)
    assert job["cost"] == {"amount": 0, "currency": "USD"}
    assert (previewed["cached"], previewed["most_cost"]) == ([str(answered.pk)], 0)


@pytest.mark.parametrize(
    "more",
    [
        {"cache": False},
        {"model": "gpt-else"},
        {"provider": "anthropic"},
        {"input": {"prompt": "@sim tokens=5"}},
        {"input": {"prompt": "@sim tokens=5 ", "temperature": 0.7}},
        {"project": "shop"},
    ],
)
def test_another_question_model_project_or_wish_is_asked(organization, owner, project, answered, more):
    assert create(organization, owner, **more).status == "queued"


def test_another_organization_is_never_given_it(answered, stranger):
    theirs = stranger.memberships.get().organization

    job = create(theirs, stranger)

    assert job.status == "queued"
    assert job.cache_key != answered.cache_key


def test_what_was_not_to_be_kept_for_this_is_not_found(organization, owner):
    done(create(organization, owner, cache=False))

    assert create(organization, owner).status == "queued"


@pytest.mark.parametrize(
    "changed",
    [
        {"content_removed_at": timezone.now(), "output": ""},
        {"finished_at": timezone.now() - timedelta(days=1, minutes=1)},
        {"status": "cancelled"},
        {"finish_reason": "length"},
        {"finish_reason": "tool_calls"},
    ],
)
def test_what_is_removed_old_cancelled_or_cut_is_not_given_again(organization, owner, answered, changed):
    Job.objects.filter(pk=answered.pk).update(**changed)

    assert create(organization, owner).status == "queued"


def test_an_answer_that_was_given_again_grows_no_younger(organization, owner, answered):
    create(organization, owner)
    Job.objects.filter(pk=answered.pk).update(finished_at=timezone.now() - timedelta(seconds=61))

    assert create(organization, owner, cache={"seconds": 60}).status == "queued"
    assert create(organization, owner, cache={"seconds": 600}).answered_from == answered


@pytest.mark.parametrize("seconds", [0, -1, 30 * 86_400 + 1, "many"])
def test_an_age_out_of_range_is_refused(organization, owner, seconds):
    factories.SecretKeyFactory.create(organization=organization, text="pls_a", scopes=[Scope.INFERENCE])
    client = APIClient(headers={"Authorization": "Bearer pls_a"})

    answer = client.post("/api/v1/inference/jobs/", {**BODY, "cache": {"seconds": seconds}}, format="json")

    assert answer.status_code == 400
    assert answer.json()["error"]["fields"][0]["field"] == "cache.seconds"


@pytest.mark.django_db(transaction=True)
def test_twenty_who_ask_at_once_all_have_an_answer(organization, owner):
    def ask(_: int) -> Job:
        try:
            return create(organization, owner)
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as callers:
        first = list(callers.map(ask, range(20)))
    for job in first:
        done(job)
    with ThreadPoolExecutor(20) as callers:
        second = list(callers.map(ask, range(20)))

    assert {job.output for job in second} == {"An answer."}
    assert all(job.answered_from in first for job in second)
    assert not Job.objects.filter(answered_from__isnull=False).exclude(answered_from__in=first).exists()
