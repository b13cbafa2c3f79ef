"""What a job would cost is said before, and nothing is made or held by asking."""

from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import Reservation
from accounts.permissions import Scope
from inference.conversation import IMAGE_TOKENS
from inference.models import Job
from tests import factories

pytestmark = pytest.mark.django_db
PREVIEW, JOBS = "/api/v1/inference/preview/", "/api/v1/inference/jobs/"
BODY = {"task": "generate", "input": {"prompt": "Why is it so?", "max_tokens": 100}, "provider": "openai"}
PRICE = {"currency": "USD", "input": 3_000_000, "cached": 300_000, "output": 15_000_000, "reasoning": 15_000_000}
MOST_READ = len("Why is it so?") + 16
# With the 64 tokens around it, as they are held.
MOST_COST = (MOST_READ + 64) * 3 + 100 * 15


@pytest.fixture
def client(organization, llm) -> APIClient:
    factories.LanguageModelFactory.create(model="gpt-test", most_output_tokens=1_000)
    factories.SecretKeyFactory.create(organization=organization, text="pls_a", scopes=[Scope.INFERENCE])
    return APIClient(headers={"Authorization": "Bearer pls_a"})


def ask(client: APIClient, body: dict[str, Any]) -> dict[str, Any]:
    answer = client.post(PREVIEW, body, format="json")
    assert answer.status_code == 200, answer.json()
    return dict(answer.json())


def test_what_is_said_is_what_is_held(client, organization):
    factories.SpendingCapFactory.create(organization=organization, amount=MOST_COST)

    found = ask(client, BODY)

    assert found["models"] == [
        {"provider": "openai", "model": "gpt-test", "charged": True, "jobs": 1, "price": PRICE}
    ]
    assert (found["tokens_read"], found["most_tokens_read"], found["most_tokens_written"]) == (4, MOST_READ, 100)
    assert (found["most_cost"], found["currency"], found["allowed"]) == (MOST_COST, "USD", True)
    assert [(cap["of"], cap["left"]) for cap in found["caps"]] == [("organization", MOST_COST)]
    assert (Job.objects.count(), Reservation.objects.count()) == (0, 0)
    assert client.post(JOBS, BODY, format="json").status_code == 202
    assert Reservation.objects.get().amount == found["most_cost"]
    refused = ask(client, BODY)
    assert (refused["allowed"], refused["refusal"]["code"]) == (False, "spending_cap_reached")


def test_the_jobs_of_a_batch_have_one_price(client):
    unlimited = {**BODY, "input": {"prompt": "Why is it so?"}}

    found = ask(client, {"jobs": [BODY, unlimited, BODY]})

    assert (found["jobs"], found["calls"]) == (3, 3)
    # Without a limit of its own it may be as long as the model writes.
    assert found["most_tokens_written"] == 100 + 1_000 + 100
    assert found["most_cost"] == 3 * MOST_COST + 900 * 15


def test_without_a_price_it_costs_nothing(client):
    found = ask(client, {**BODY, "model": "unknown"})

    assert (found["most_cost"], found["currency"], found["caps"]) == (0, "", [])
    assert found["models"][0]["price"] is None


def test_the_plans_quota_is_told_as_well(client, organization):
    organization.plan = factories.PlanFactory.create(llm_tokens_a_month=1, refuse_from=100)
    organization.save()
    today = timezone.now().date()
    factories.UsageDayFactory.create(organization=organization, meter="llm_output_tokens", day=today, quantity=1)

    assert ask(client, BODY)["refusal"]["code"] == "quota_exceeded"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"jobs": []}, "jobs"),
        ({"jobs": [BODY] * 1_001}, "jobs"),
        ({"jobs": [BODY], "task": "chat"}, "jobs"),
        ({"jobs": [BODY, {"task": "chat", "input": {"messages": []}}]}, "jobs.1.input.messages"),
        ({"jobs": [BODY, {**BODY, "project": "shop"}]}, "jobs"),
        ({**BODY, "task": "dance"}, "task"),
    ],
)
def test_what_is_wrong_is_named(client, project, body, field):
    answer = client.post(PREVIEW, body, format="json")

    assert answer.status_code == 400
    assert [one["field"] for one in answer.json()["error"]["fields"]] == [field]


def test_images_tools_and_schemas_are_counted(client):
    def most_read(**more: Any) -> int:
        content = more.pop("content", "Look.")
        given = {"messages": [{"role": "user", "content": content}], **more}
        return int(ask(client, {"task": "chat", "input": given, "provider": "openai"})["most_tokens_read"])

    plain = most_read()
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 100_000}}
    function = {"name": "weather", "description": "d" * 500, "parameters": {"type": "object"}}
    # The image's data is no text, however long it is; a line break joins the parts.
    assert most_read(content=[{"type": "text", "text": "Look."}, image]) == plain + IMAGE_TOKENS + 1
    assert most_read(tools=[{"type": "function", "function": function}]) > plain + 1_000 + 500
    assert most_read(response_format={"type": "json_schema", "json_schema": {"name": "n" * 300}}) > plain + 300
    assert most_read(extra={"user": "u" * 200}) > plain + 200


@pytest.mark.parametrize("name", ["n", "max_tokens", "max_completion_tokens", "model", "messages"])
def test_what_would_cost_more_than_is_held_is_not_passed_on(client, name):
    given = {"messages": [{"role": "user", "content": "Hi"}], "extra": {name: 4}}

    answer = client.post(JOBS, {"task": "chat", "input": given, "provider": "openai"}, format="json")

    assert answer.status_code == 400
    assert name in answer.json()["error"]["fields"][0]["message"]
