"""What the OpenAI-compatible API takes and refuses, and whom it lets in, without a process."""

from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.permissions import Scope
from inference.choices import ProviderName, Task
from inference.models import Alias, AliasTarget, Job, LanguageModel
from tests.factories import (
    CredentialFactory,
    JobFactory,
    OrganizationFactory,
    ProjectFactory,
    SecretKeyFactory,
    SpendingCapFactory,
)

CHAT, RESPONSES, MODELS = "/v1/chat/completions", "/v1/responses", "/v1/models"
HELLO = [{"role": "user", "content": "Hello"}]
ASKED = {"model": "gpt-test", "messages": HELLO}


@pytest.fixture
def client(organization, llm) -> APIClient:
    SecretKeyFactory(organization=organization, text="pls_inference", scopes=[Scope.INFERENCE])
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION="Bearer pls_inference")
    return client


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"model": ""}, "model"),
        ({"model": None}, "model"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "user"}]}, "messages[0]"),
        ({"messages": [{"role": "robot", "content": "a"}]}, "messages[0].role"),
        ({"messages": [{"role": "user", "content": "a\x00"}]}, "messages[0].content"),
        (
            {"messages": [{"role": "user", "content": [{"type": "text", "text": 1}]}]},
            "messages[0].content[0].text.text",
        ),
        ({"messages": [{"role": "system", "content": "a"}]}, "messages"),
        ({"n": 2}, "n"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_completion_tokens": "many"}, "max_completion_tokens"),
        ({"temperature": 3}, "temperature"),
        ({"stop": ["a", "b", "c", "d", "e"]}, "stop"),
        ({"tools": [{"type": "custom", "custom": {"name": "a"}}]}, "tools[0].type"),
        ({"tool_choice": "perhaps"}, "tool_choice"),
        ({"response_format": {"type": "xml"}}, "response_format"),
        ({"top_logprobs": 21}, "top_logprobs"),
        ({"functions": [{"name": "a"}]}, "functions"),
        ({"metadata": {"a": 1}}, "metadata.a"),
        ({"vendor": {"a": "\x00"}}, "extra"),
        ({"model": "claude-test", "reasoning_effort": "low"}, "reasoning_effort"),
        ({"model": "claude-test", "seed": 7}, "seed"),
    ],
)
def test_a_bad_body_is_refused_by_parameter(client, more, param) -> None:
    response = client.post(CHAT, {**ASKED, **more})

    error = response.json()["error"]
    assert (response.status_code, error["type"], error["param"]) == (400, "invalid_request_error", param)
    assert param.split("[")[0] in error["message"]
    assert not Job.objects.exists()


def test_what_says_nothing_about_the_answer_is_left_out_for_others(client) -> None:
    hints = {"user": "me", "service_tier": "auto", "frequency_penalty": 0, "modalities": ["text"], "seed": None}

    response = client.post(CHAT, {**ASKED, "model": "claude-test", **hints})

    assert response.status_code == 202
    assert Job.objects.get().provider == ProviderName.ANTHROPIC


def test_a_job_that_would_be_priced_by_other_parameters_is_refused(client) -> None:
    body = {"task": "chat", "input": {"messages": HELLO, "extra": {"model": "dear", "n": 9}}}

    response = client.post("/api/v1/inference/jobs/", body)

    assert response.status_code == 400
    assert response.json()["error"]["fields"][0]["field"] == "input.extra"


@pytest.mark.parametrize("body", ["{", "[]"])
def test_what_is_no_object_is_refused(client, body) -> None:
    response = client.post(CHAT, body, content_type="application/json")

    assert response.status_code == 400
    assert response.json()["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize("name", ["gpt-unknown", "oracle/gpt-test", "openai/"])
def test_an_unknown_model_is_not_found(client, name) -> None:
    for response in (
        client.post(CHAT, {**ASKED, "model": name}),
        client.post(RESPONSES, {"model": name, "input": "Hello"}),
        client.get(f"{MODELS}/{name}"),
    ):
        assert response.status_code == 404
        assert response.json()["error"]["code"] == "model_not_found"


def test_a_model_is_named_with_its_provider_where_it_is_not_listed(client) -> None:
    client.post(CHAT, {**ASKED, "model": "openai/org/new"})

    job = Job.objects.get()
    assert (job.provider, job.model) == (ProviderName.OPENAI, "org/new")


def test_the_models_are_those_of_configured_providers_and_aliases_of_ones_own(client, organization) -> None:
    LanguageModel.objects.create(provider=ProviderName.OPENAI, model="gpt-large")
    LanguageModel.objects.create(provider=ProviderName.BUILTIN, model="not-a-chat")
    other: Any = OrganizationFactory()
    for owner, name in ((organization, "fast"), (None, "everybodys"), (other, "foreign")):
        alias = Alias.objects.create(organization=owner, name=name)
        AliasTarget.objects.create(alias=alias, position=1, provider=ProviderName.OPENAI, model="gpt-large")

    listed = client.get(MODELS).json()

    assert listed["object"] == "list"
    assert [(one["id"], one["owned_by"]) for one in listed["data"]] == [
        ("fast", "alias"),
        ("everybodys", "alias"),
        ("gpt-large", "openai"),
        ("claude-test", "anthropic"),
        ("gpt-test", "openai"),
    ]
    assert client.get(f"{MODELS}/fast").json() == listed["data"][0]


def test_an_alias_is_asked_by_its_targets(client, organization) -> None:
    alias = Alias.objects.create(organization=organization, name="fast")
    own: Any = CredentialFactory(organization=organization, provider=ProviderName.OPENAI)
    revoked: Any = CredentialFactory(organization=organization, name="old", revoked_at=timezone.now())
    for position, (model, credential) in enumerate((("gone", revoked), ("mine", own), ("claude-test", None))):
        provider = ProviderName.ANTHROPIC if model == "claude-test" else ProviderName.OPENAI
        AliasTarget.objects.create(
            alias=alias, position=position, provider=provider, model=model, credential=credential
        )

    client.post(CHAT, {**ASKED, "model": "fast"})
    refused = client.post(CHAT, {**ASKED, "model": "fast", "reasoning_effort": "low"})

    job = Job.objects.get()
    assert (job.asked_model, job.model, job.credential) == ("fast", "mine", own)
    assert refused.json()["error"]["param"] == "reasoning_effort"


def test_who_has_a_key_of_their_own_needs_none_of_the_installations(client, organization, settings) -> None:
    settings.INFERENCE = {
        **settings.INFERENCE,
        "openai": {**settings.INFERENCE["openai"], "api_key": ""},
        "anthropic": {**settings.INFERENCE["anthropic"], "api_key": ""},
    }
    before = client.get(MODELS).json()["data"]
    CredentialFactory(organization=organization, provider=ProviderName.OPENAI, is_default=True)

    assert before == []
    assert client.post(CHAT, {**ASKED, "model": "claude-test"}).status_code == 404
    assert [one["id"] for one in client.get(MODELS).json()["data"]] == ["gpt-test"]
    assert client.post(CHAT, {**ASKED, "model": "openai/other"}).status_code == 202


@pytest.mark.parametrize("name", ["id", "slug"])
def test_the_project_of_the_client_is_one_here(client, project, name) -> None:
    named = str(project.pk) if name == "id" else project.slug

    client.post(CHAT, ASKED, HTTP_OPENAI_PROJECT=named)

    assert Job.objects.get().project == project


def test_a_project_that_is_none_here_is_refused_and_openais_own_ignored(client, project) -> None:
    other: Any = ProjectFactory()

    for wrong in (other.slug, "x" * 100):
        refused = client.post(CHAT, ASKED, HTTP_OPENAI_PROJECT=wrong)
        assert (refused.status_code, refused.json()["error"]["param"]) == (400, "project")
    client.post(CHAT, ASKED, HTTP_OPENAI_PROJECT="proj_abc123")

    assert Job.objects.get().project is None


def test_models_take_the_same_queries_for_one_and_for_many(
    client, organization, django_assert_num_queries
) -> None:
    for count in (1, 10):
        LanguageModel.objects.create(provider=ProviderName.OPENAI, model=f"gpt-{count}")
        for number in range(count):
            alias = Alias.objects.create(organization=organization, name=f"alias-{count}-{number}")
            AliasTarget.objects.create(alias=alias, position=1, provider=ProviderName.OPENAI, model="m")
        client.get(MODELS)
        with django_assert_num_queries(5):
            client.get(MODELS)

    assert len(client.get(MODELS).json()["data"]) == 15


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"input": ""}, "input"),
        ({"input": []}, "input"),
        ({"input": [{"type": "item_reference", "id": "a"}]}, "input[0]"),
        ({"input": [{"role": "user", "content": [{"type": "input_file"}]}]}, "input[0].message.content[0]"),
        ({"tools": [{"type": "web_search"}]}, "tools[0].type"),
        ({"conversation": "conv_1"}, "conversation"),
        ({"max_tool_calls": 3}, "max_tool_calls"),
        ({"truncation": "auto"}, "truncation"),
        ({"background": True, "store": False}, "background"),
        ({"model": "claude-test", "reasoning": {"effort": "low"}}, "reasoning_effort"),
    ],
)
def test_a_bad_response_is_refused_by_parameter(client, more, param) -> None:
    response = client.post(RESPONSES, {"model": "gpt-test", "input": "Hello", **more})

    error = response.json()["error"]
    assert (response.status_code, error["type"], error["param"]) == (400, "invalid_request_error", param)
    assert not Job.objects.exists()


def test_the_same_key_with_another_body_is_refused(client) -> None:
    client.post(CHAT, ASKED, HTTP_IDEMPOTENCY_KEY="order-1")

    same = client.post(CHAT, ASKED, HTTP_IDEMPOTENCY_KEY="order-1")
    other = client.post(CHAT, {**ASKED, "temperature": 1}, HTTP_IDEMPOTENCY_KEY="order-1")

    assert same.status_code == 202
    assert (other.status_code, other.json()["error"]["code"]) == (422, "idempotency_mismatch")
    assert Job.objects.count() == 1


def test_who_asks_for_a_stream_gets_errors_as_json(client) -> None:
    response = client.post(CHAT, {**ASKED, "n": 2}, HTTP_ACCEPT="text/event-stream")

    assert response.status_code == 400
    assert response["Content-Type"] == "application/json"


def test_other_keys_and_people_are_kept_out(organization, owner, llm) -> None:
    SecretKeyFactory(organization=organization, text="pls_query", scopes=[Scope.QUERY])
    person, stranger = APIClient(), APIClient()
    person.force_login(owner)
    stranger.credentials(HTTP_AUTHORIZATION="Bearer pls_query")

    for method, path in (("post", CHAT), ("post", RESPONSES), ("get", MODELS), ("get", f"{MODELS}/gpt-test")):
        assert getattr(person, method)(path, ASKED).status_code == 401
        refused = getattr(stranger, method)(path, ASKED)
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "insufficient_permissions")


def test_another_organizations_response_is_not_there(client) -> None:
    given = {
        "messages": HELLO,
        "response": {"previous": None, "instructed": False, "background": True, "store": True},
    }
    foreign: Any = JobFactory(task=Task.CHAT, input=given)
    path = f"{RESPONSES}/resp_{foreign.pk.hex}"

    assert client.get(path).status_code == 404
    assert client.delete(path).status_code == 404
    assert client.post(f"{path}/cancel").status_code == 404
    foreign.refresh_from_db()
    assert (foreign.input, foreign.cancel_requested_at) == (given, None)


def test_a_response_that_is_being_written_is_not_removed(client) -> None:
    begun = client.post(RESPONSES, {"model": "gpt-test", "input": "Hello", "background": True}).json()

    assert begun["status"] == "queued"
    refused = client.delete(f"{RESPONSES}/{begun['id']}")
    assert refused.status_code == 400
    assert client.post(f"{RESPONSES}/{begun['id']}/cancel").json()["status"] == "cancelled"
    assert client.delete(f"{RESPONSES}/{begun['id']}").json()["deleted"]


def test_over_a_cap_the_quota_is_used_up(client, organization) -> None:
    LanguageModel.objects.create(
        provider=ProviderName.OPENAI,
        model="dear",
        input_price=10**12,
        output_price=10**12,
        most_output_tokens=100_000,
    )
    SpendingCapFactory.create(organization=organization, amount=0)

    response = client.post(CHAT, {**ASKED, "model": "dear"})

    error = response.json()["error"]
    assert (response.status_code, error["type"], error["code"]) == (
        429,
        "insufficient_quota",
        "insufficient_quota",
    )
    assert response["x-should-retry"] == "false"


def test_segments_doors_are_still_there(client) -> None:
    assert client.post("/v1/track", {"userId": "a", "event": "b"}).status_code == 401
    assert client.post("/v1/nothing", {}).status_code == 404
