"""By the rules of its project, a provider never sees what is personal, and the customer sees nothing else."""

import json
from typing import Any

import pytest

from accounts.access import Actor
from accounts.encryption import decrypt
from inference.inputs import parse_request
from inference.models import Job, Policy
from inference.services import jobs
from tests.simulators.llm import said, words

pytestmark = pytest.mark.django_db
SECRET = "Ada: ada@example.com, +49 171 2345678, 4111 1111 1111 1111"


@pytest.fixture
def rules(organization):
    return Policy.objects.create(organization=organization, redact=["email", "phone", "card"])


def create(organization, owner, **given: Any) -> Job:
    options = given.pop("options", {})
    body = {"task": "generate", "input": given, "provider": "openai", **options}
    job, _ = jobs.create(organization=organization, actor=Actor(user=owner), request=parse_request(body))
    return job


@pytest.mark.parametrize("provider", ["openai", "anthropic"])
def test_the_provider_sees_placeholders_and_the_answer_has_what_they_stand_for(
    organization, owner, rules, run, llm, provider
):
    job = create(organization, owner, prompt=f"{SECRET} @sim repeat=1", options={"provider": provider})

    events = run(job)

    (request,) = llm.requests
    assert "[EMAIL_1], [PHONE_1], [CARD_1]" in said(request["body"]["messages"][-1]["content"])
    sent = json.dumps(request["body"])
    assert [secret for secret in ("ada@", "2345678", "1111") if secret in sent] == []
    # What was asked is the customer's own and stays as it was.
    assert job.input["prompt"].startswith(SECRET)
    assert job.output == f"{SECRET} " == "".join(e.data["text"] for e in events if e.name == "token")
    assert "ada@" not in job.redactions
    kept = json.loads(decrypt(job.redactions, purpose="personal data of a job"))["values"]
    assert kept["[EMAIL_1]"] == "ada@example.com"


TOOL = {"type": "function", "function": {"name": "write", "parameters": {"type": "object"}}}
TO_ADA = "Write to ada@example.com, or call +49 171 2345678."


@pytest.mark.parametrize("provider", ["openai", "anthropic"])
def test_the_arguments_of_a_tool_have_what_stands_in_them_put_back(organization, owner, rules, run, llm, provider):
    asked = {"role": "user", "content": f"{TO_ADA} @sim tokens=1 tool=write pass=1"}
    options = {"provider": provider, "task": "chat"}
    job = create(organization, owner, messages=[asked], tools=[TOOL], options=options)

    events = run(job)

    sent = json.dumps(llm.requests[0]["body"])
    assert "[EMAIL_1], or call [PHONE_1]" in sent
    assert [secret for secret in ("ada@", "2345678") if secret in sent] == []
    (call,) = (job.result or {})["tool_calls"]
    assert json.loads(call["arguments"]) == {"text": TO_ADA}
    # Streamed, it comes as one event, and as it is kept.
    assert [event.data["arguments"] for event in events if event.name == "tool_call"] == [call["arguments"]]


def test_a_call_that_was_made_is_masked_when_it_is_told_again(organization, owner, rules, run, llm):
    arguments = json.dumps({"text": TO_ADA})
    made = {"id": "c1", "type": "function", "function": {"name": "write", "arguments": arguments}}
    turns = [
        {"role": "user", "content": TO_ADA},
        {"role": "assistant", "content": "", "tool_calls": [made]},
        {"role": "tool", "tool_call_id": "c1", "content": "Sent to ada@example.com."},
        {"role": "user", "content": "Again. @sim tokens=1"},
    ]
    job = create(organization, owner, messages=turns, tools=[TOOL], options={"task": "chat"})

    run(job)

    told = llm.requests[0]["body"]["messages"]
    assert json.loads(told[1]["tool_calls"][0]["function"]["arguments"]) == {
        "text": "Write to [EMAIL_1], or call [PHONE_1]."
    }
    assert said(told[2]["content"]) == "Sent to [EMAIL_1]."
    assert job.input["messages"][1]["tool_calls"] == [made]


def test_without_rules_nothing_is_taken_out(organization, owner, run, llm):
    job = create(organization, owner, prompt=f"{SECRET} @sim tokens=2")

    run(job)

    assert SECRET in said(llm.requests[0]["body"]["messages"][-1]["content"])
    assert (job.redactions, job.output) == ("", "".join(words(2)))


@pytest.mark.parametrize(("own", "seen"), [([], True), (["email"], False)])
def test_a_project_has_rules_of_its_own(organization, owner, project, rules, llm, own, seen):
    Policy.objects.create(organization=organization, project=project, redact=own)

    job = create(organization, owner, prompt=SECRET, options={"project": "shop"})

    assert (job.redactions == "") is seen
