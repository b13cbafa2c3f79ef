"""Calls of models are events of the project that the organization chose, each once, and can be charted."""

from typing import Any

import msgspec
import pytest
from django.db.models import Sum
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.access import Actor
from accounts.permissions import Scope
from analytics.contracts import DropReason
from analytics.ingestion.payloads import unpack
from analytics.models import DropCount, InboxEntry
from analytics.services import sealing
from inference.choices import FinishReason, ProviderName, Status
from inference.inputs import parse_request
from inference.models import Job, Policy, PromptTemplate
from inference.providers.base import Usage
from inference.services import finishing, jobs, leases
from inference.services.outcomes import Outcome
from tests import factories

pytestmark = pytest.mark.django_db
SECRET = "Nobody may read this."
USED = Usage(1_000, 100, 400, 30)


@pytest.fixture(autouse=True)
def price(db, llm):
    factories.LanguageModelFactory.create(model="gpt-test")
    factories.LanguageModelFactory.create(provider="anthropic", model="claude-test")


@pytest.fixture
def policy(organization, project):
    return Policy.objects.create(organization=organization, observe_in=project)


def create(organization, owner, **more: Any) -> Job:
    body = {"task": "generate", "input": {"prompt": SECRET}, "provider": "openai", **more}
    job, _ = jobs.create(organization=organization, actor=Actor(user=owner), request=parse_request(body))
    return job


def finish(*calls, output: str = SECRET) -> Job:
    (job,) = leases.take(owner="one", limit=1, lease=30)
    outcome = Outcome(Status.SUCCEEDED, output, None, FinishReason.STOP, calls=calls)
    assert finishing.finish(job=job, outcome=outcome)
    job.refresh_from_db()
    return job


def told() -> list[tuple[Any, dict[str, Any]]]:
    events = [event for entry in InboxEntry.objects.order_by("pk") for event in unpack(entry.payload)]
    return [(event, msgspec.json.decode(event.properties)) for event in events]


def test_a_call_is_an_event_with_figures_and_without_texts(organization, owner, project, policy):
    create(organization, owner, project="shop", metadata={"user_id": "ada"})
    job = finish(factories.call_record(USED))

    ((event, properties),) = told()
    assert (event.name, event.message_id, event.user_id) == ("LLM call", f"{job.pk}:1:1", "ada")
    assert properties == {
        "provider": "openai", "model": "gpt-test", "task": "generate", "outcome": "succeeded",
        "finish_reason": "stop",
        "first_token_ms": 0, "duration_ms": 0, "tokens_input": 1_000, "tokens_cached": 400, "tokens_output": 100,
        "tokens_reasoning": 30, "cost": (job.cost or 0) / 1_000_000, "cost_micro": job.cost, "currency": "USD",
        "cached": False, "job": str(job.pk), "project": "shop",
    } | ({"asked_model": job.asked_model} if job.asked_model else {})  # fmt: skip
    assert SECRET not in event.properties + event.context


def test_without_a_choice_nothing_is_noted(organization, owner, project):
    create(organization, owner)
    finish(factories.call_record(USED))

    assert InboxEntry.objects.count() == 0


def test_what_is_rolled_back_was_never_told(organization, owner, policy, monkeypatch):
    create(organization, owner)

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("The power is cut.")

    monkeypatch.setattr("inference.services.spending.settle", broken)
    with pytest.raises(RuntimeError):
        finish(factories.call_record(USED))
    monkeypatch.undo()

    assert InboxEntry.objects.count() == 0


def test_the_costs_of_a_jobs_calls_add_up_to_what_it_was_billed(organization, owner, policy):
    create(organization, owner)
    job = finish(*(factories.call_record(Usage(1, 1)) for _ in range(7)))

    assert sum(properties["cost_micro"] for _, properties in told()) == job.cost
    assert len({event.message_id for event, _ in told()}) == 7


def test_calls_that_failed_and_are_tried_again_are_told_and_not_billed(organization, owner, policy):
    create(organization, owner)
    (job,) = leases.take(owner="one", limit=1, lease=30)
    failed = factories.call_record(USED, error_code="rate_limited", error_message=SECRET, finish_reason=None)
    leases.retry(job=job, calls=[failed], retry_after=0)

    ((event, properties),) = told()
    assert (properties["outcome"], properties["error_code"]) == ("failed", "rate_limited")
    assert "cost" not in properties
    assert event.anonymous_id == f"member:{owner.pk}"
    assert SECRET not in event.properties


def test_an_answer_that_was_given_again_is_told_as_such(organization, owner, policy):
    create(organization, owner, cache=True)
    finish(factories.call_record(USED))

    again = create(organization, owner, cache=True)

    event, properties = told()[-1]
    assert event.message_id == str(again.pk)
    assert (properties["cached"], properties["cost"], properties["model"]) == (True, 0, "gpt-test")


def test_prompt_and_key_are_named(organization, owner, policy):
    key = factories.SecretKeyFactory.create(organization=organization, name="Robot")
    template = PromptTemplate.objects.create(organization=organization, name="Greet", slug="greet")
    version = template.versions.create(number=3, text="Hi")
    job = create(organization, owner)
    Job.objects.filter(pk=job.pk).update(created_with=key, created_by=None, prompt_version=version)
    finish(factories.call_record(USED))

    ((event, properties),) = told()
    assert (properties["key"], properties["prompt"], properties["prompt_version"]) == ("Robot", "greet", 3)
    assert event.anonymous_id == f"key:{key.pk}"


def test_over_the_quota_they_are_dropped_and_counted_as_others_are(organization, owner, project, policy):
    organization.plan = factories.PlanFactory.create(events_a_month=1, refuse_from=100)
    organization.save()
    factories.UsageCountFactory.create(project=project, day=timezone.now().date(), events=1)
    create(organization, owner)
    finish(factories.call_record(USED))

    assert InboxEntry.objects.count() == 0
    assert DropCount.objects.get(reason=DropReason.QUOTA).events == 1


def test_cost_by_model_can_be_charted(organization, owner, project, policy):
    for usage in (USED, Usage(500, 50)):
        create(organization, owner)
        finish(factories.call_record(usage))
    create(organization, owner, provider="anthropic")
    claude = {"provider": ProviderName.ANTHROPIC, "model": "claude-test"}
    finish(factories.call_record(Usage(2_000, 10), **claude))
    sealing.seal_project(project_id=project.pk)

    spec = {
        "kind": "trends", "period": {"last": "7d"}, "interval": "day", "breakdown": ["properties.model"],
        "series": [{"event": "LLM call", "aggregation": "sum", "property": "cost_micro"}],
    }  # fmt: skip
    text = f"pls_{'q' * 40}"
    factories.SecretKeyFactory.create(organization=organization, text=text, scopes=[Scope.QUERY])
    client = APIClient(headers={"Authorization": f"Bearer {text}"})
    found = client.post(f"/api/v1/projects/{project.pk}/query/", spec, format="json").json()

    expected = dict(Job.objects.values_list("model").annotate(sum=Sum("cost")).order_by())
    assert {line["group"][0]: line["total"] for line in found["result"]["lines"]} == expected
    assert len(expected) == 2
