"""Prompts in versions, by the API: what they hold, what is refused, and the jobs that run them."""

import pytest

from accounts.models import AuditEntry
from accounts.permissions import Scope
from inference.models import Job, PromptVersion
from inference.prompting import filled, variables
from tests import factories
from tests.test_access_matrix import bearer

PROMPTS = "/api/v1/inference/prompts/"
GREETING = {"name": "Greeting", "text": "Greet {{name}} from {{ town }}.", "test_input": {"name": "Ada"}}


@pytest.fixture
def headers(organization):
    return bearer(organization=organization, scopes=[Scope.INFERENCE])


@pytest.fixture
def send(client, headers):
    def post(path, body, method="post"):
        return getattr(client, method)(path, body, content_type="application/json", headers=headers)

    return post


def at_fault(response) -> dict[str, str]:
    return {item["field"]: item["message"] for item in response.json()["error"]["fields"]}


def test_a_value_is_data_and_is_never_filled_in_again() -> None:
    assert filled("{{a}} and {{b}}", {"a": "{{b}}", "b": "\\1"}) == "{{b}} and \\1"
    assert variables("{{b}} {{ a }} {{b}} {{ no name }} {c}") == ["b", "a"]


def test_a_prompt_is_made_and_gets_a_second_version(send, client, headers) -> None:
    made = send(PROMPTS, GREETING)
    second = send(
        f"{PROMPTS}greeting/versions/", {"text": "Hello {{name}}", "note": "shorter", "model": "openai/x"}
    )

    assert (made.status_code, second.status_code) == (201, 201)
    assert made.json()["versions"][0]["variables"] == ["name", "town"]
    assert (second.json()["number"], second.json()["model"]) == (2, "openai/x")
    shown = client.get(f"{PROMPTS}greeting/", headers=headers).json()
    assert [version["number"] for version in shown["versions"]] == [2, 1]
    listed = client.get(PROMPTS, headers=headers).json()
    assert [(one["slug"], one["version"]) for one in listed] == [("greeting", 2)]
    noted = AuditEntry.objects.filter(action__startswith="prompt.").order_by("pk").values_list("action", flat=True)
    assert list(noted) == ["prompt.created", "prompt.version_added"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"system": "You are {{who}}."}, "system"),
        ({"text": " "}, "text"),
        ({"test_input": {"city": "Oslo"}}, "test_input"),
        ({"temperature": 3}, "temperature"),
        ({"name": "x" * 101}, "name"),
        ({"name": "\u2603"}, "slug"),
        ({"slug": "Not One"}, "slug"),
        ({"color": "red"}, "color"),
    ],
)
def test_what_is_refused_is_named(send, change, field) -> None:
    response = send(PROMPTS, {**GREETING, **change})

    assert response.status_code in {400, 422}
    assert list(at_fault(response)) == [field]
    assert not PromptVersion.objects.exists()


def test_a_slug_is_used_once_in_an_organization(send, organization) -> None:
    factories.PromptTemplateFactory.create(slug="greeting")
    assert send(PROMPTS, GREETING).status_code == 201

    assert list(at_fault(send(PROMPTS, GREETING))) == ["slug"]


def run(send, **prompt):
    return send("/api/v1/inference/jobs/", {"task": "generate", "prompt": {"slug": "greeting", **prompt}})


@pytest.mark.usefixtures("llm")
def test_a_job_runs_the_newest_version_or_the_one_it_names(send) -> None:
    send(PROMPTS, {**GREETING, "system": "Be kind.", "max_tokens": 9})
    send(f"{PROMPTS}greeting/versions/", {"text": "Hi {{name}}", "model": "openai/gpt-new"})

    newest = run(send, variables={"name": "Ada"})
    first = run(send, version=1, variables={"name": "Ada", "town": "{{name}}"})

    assert (newest.status_code, first.status_code) == (202, 202)
    assert newest.json()["prompt"] == {"slug": "greeting", "version": 2}
    assert (newest.json()["provider"], newest.json()["model"]) == ("openai", "gpt-new")
    job = Job.objects.get(pk=first.json()["id"])
    assert job.prompt_version is not None
    assert job.prompt_version.number == 1
    assert job.input == {
        "prompt": "Greet Ada from {{name}}.",
        "system": "Be kind.",
        "max_tokens": 9,
        "temperature": None,
    }


@pytest.mark.usefixtures("llm")
def test_every_variable_that_does_not_fit_is_named(send) -> None:
    send(PROMPTS, GREETING)

    response = run(send, variables={"town": "Oslo", "city": "Rome"})

    assert response.status_code == 400
    assert at_fault(response) == {
        "prompt.variables.name": "This variable has no value.",
        "prompt.variables.city": "The prompt has no such variable.",
    }
    assert not Job.objects.exists()


@pytest.mark.usefixtures("llm")
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"prompt": {"slug": "farewell"}}, "prompt.slug"),
        ({"prompt": {"slug": "greeting", "version": 7}}, "prompt.version"),
        ({"prompt": {"slug": "greeting", "variables": {"name": 1}}}, "prompt.variables.name"),
        ({"prompt": {"slug": "greeting"}, "input": {"prompt": "x"}}, "input"),
        ({"prompt": {"slug": "greeting"}, "task": "summarize"}, "task"),
    ],
)
def test_a_job_that_cannot_run_a_prompt_says_why(send, body, field) -> None:
    send(PROMPTS, GREETING)

    response = send("/api/v1/inference/jobs/", {"task": "generate", **body})

    assert response.status_code == 400
    assert list(at_fault(response)) == [field]


@pytest.mark.usefixtures("llm")
def test_the_prompt_of_another_organization_is_not_there(send) -> None:
    factories.PromptVersionFactory.create(template__slug="greeting")

    assert list(at_fault(run(send, variables={"name": "Ada"}))) == ["prompt.slug"]
    assert send(f"{PROMPTS}greeting/", {"archived": True}, "patch").status_code == 404


@pytest.mark.usefixtures("llm")
def test_an_archived_prompt_is_kept_and_runs_no_more(send, client, headers) -> None:
    send(PROMPTS, GREETING)
    send(f"{PROMPTS}greeting/", {"archived": True}, "patch")

    assert list(at_fault(run(send, variables={}))) == ["prompt.slug"]
    assert send(f"{PROMPTS}greeting/versions/", {"text": "Hi"}).status_code == 409
    assert client.get(PROMPTS, headers=headers).json() == []
    assert client.get(f"{PROMPTS}?archived=1", headers=headers).json()[0]["slug"] == "greeting"
    assert send(f"{PROMPTS}greeting/", {"archived": False}, "patch").json()["archived_at"] is None


@pytest.mark.usefixtures("llm")
def test_the_same_key_finds_the_job_also_after_a_new_version(client, send, headers) -> None:
    send(PROMPTS, {**GREETING, "text": "Hi {{name}}"})
    body = {"task": "generate", "prompt": {"slug": "greeting", "variables": {"name": "Ada"}}}

    def create():
        keyed = {**headers, "Idempotency-Key": "k1"}
        return client.post("/api/v1/inference/jobs/", body, content_type="application/json", headers=keyed).json()

    first = create()
    send(f"{PROMPTS}greeting/versions/", {"text": "Hello {{name}}"})

    assert create()["id"] == first["id"]


@pytest.mark.usefixtures("llm")
def test_an_organization_goes_with_its_prompts_and_their_jobs(send, organization) -> None:
    send(PROMPTS, {**GREETING, "text": "Hi"})
    run(send)

    organization.delete()

    assert not PromptVersion.objects.exists()


GENERATE, BATCHES = "/api/v1/inference/generate/", "/api/v1/inference/batches/"


@pytest.mark.usefixtures("llm")
def test_the_tasks_own_address_runs_a_prompt_or_the_words_themselves(send) -> None:
    send(PROMPTS, {**GREETING, "text": "Hi {{name}}"})

    prompted = send(GENERATE, {"prompt": {"slug": "greeting", "variables": {"name": "Ada"}}, "priority": "low"})
    written = send(GENERATE, {"prompt": "Hi {{name}}", "max_tokens": 5})

    assert (prompted.status_code, written.status_code) == (202, 202)
    assert prompted.json()["prompt"] == {"slug": "greeting", "version": 1}
    assert (prompted.json()["input"]["prompt"], prompted.json()["priority"]) == ("Hi Ada", "low")
    assert (written.json()["prompt"], written.json()["input"]["prompt"]) == (None, "Hi {{name}}")


@pytest.mark.usefixtures("llm")
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"prompt": {"slug": "farewell"}}, "prompt.slug"),
        ({"prompt": {"slug": "greeting"}}, "prompt.variables.name"),
        ({"prompt": {"slug": "greeting"}, "max_tokens": 5}, "max_tokens"),
        ({"prompt": {}}, "prompt.slug"),
    ],
)
def test_a_prompt_that_cannot_be_run_there_is_named(send, body, field) -> None:
    send(PROMPTS, {**GREETING, "text": "Hi {{name}}"})

    response = send(GENERATE, body)

    assert response.status_code == 400
    assert field in at_fault(response)


@pytest.mark.usefixtures("llm")
def test_a_batch_runs_one_version_with_each_input(send, client, headers) -> None:
    send(PROMPTS, {**GREETING, "max_tokens": 9})
    body = {
        "task": "generate",
        "prompt": {"slug": "greeting"},
        "shared": {"town": "Oslo"},
        "inputs": [{"name": "Ada"}, {"name": "{{town}}", "town": "Rome"}],
    }

    made = send(BATCHES, body)

    assert made.status_code == 202, made.content
    assert made.json()["prompt"] == {"slug": "greeting", "version": 1}
    jobs = Job.objects.order_by("batch_index").select_related("prompt_version")
    assert [job.input["prompt"] for job in jobs] == ["Greet Ada from Oslo.", "Greet {{town}} from Rome."]
    assert {(job.prompt_version and job.prompt_version.number, job.input["max_tokens"]) for job in jobs} == {
        (1, 9)
    }
    one = client.get(f"/api/v1/inference/jobs/{jobs[1].pk}/", headers=headers).json()
    assert one["prompt"] == {"slug": "greeting", "version": 1}


@pytest.mark.usefixtures("llm")
@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"inputs": [{"name": "Ada"}, {}]}, ["inputs.1.name"]),
        ({"inputs": [{"name": "Ada", "city": "x"}]}, ["inputs.0.city"]),
        ({"inputs": [{"name": "a"}, {"name": "b"}], "shared": {"town": "x", "city": "y"}}, ["shared.city"]),
        ({"inputs": [{"name": 5}]}, ["inputs.0.name"]),
        ({"inputs": ["Ada"]}, ["inputs.0"]),
        ({"task": "summarize"}, ["task"]),
        ({"prompt": {"slug": "greeting", "version": 2}}, ["prompt.version"]),
        ({"prompt": {"slug": "farewell"}}, ["prompt.slug"]),
    ],
)
def test_a_batch_that_does_not_fit_its_prompt_is_refused_whole(send, change, fields) -> None:
    send(PROMPTS, GREETING)
    body = {
        "task": "generate",
        "prompt": {"slug": "greeting"},
        "shared": {"town": "Oslo"},
        "inputs": [{"name": "A"}],
    }

    response = send(BATCHES, {**body, **change})

    assert response.status_code == 400
    assert list(at_fault(response)) == fields
    assert not Job.objects.exists()


@pytest.mark.usefixtures("llm")
def test_a_batch_that_is_sent_again_is_found_also_after_a_new_version(send, client, headers) -> None:
    send(PROMPTS, {**GREETING, "text": "Hi {{name}}"})
    body = {"task": "generate", "prompt": {"slug": "greeting"}, "inputs": [{"name": "Ada"}]}
    keyed = {**headers, "Idempotency-Key": "k1"}

    first = client.post(BATCHES, body, content_type="application/json", headers=keyed).json()
    send(f"{PROMPTS}greeting/versions/", {"text": "Hello {{name}}"})

    assert client.post(BATCHES, body, content_type="application/json", headers=keyed).json()["id"] == first["id"]


@pytest.mark.usefixtures("llm")
def test_what_a_prompt_would_cost_is_said_before(send) -> None:
    factories.LanguageModelFactory.create(model="gpt-test")
    send(PROMPTS, {**GREETING, "text": "Hi {{name}}", "max_tokens": 9})
    body = {"task": "generate", "prompt": {"slug": "greeting", "variables": {"name": "Ada"}}, "provider": "openai"}

    found = send("/api/v1/inference/preview/", body).json()

    assert (found["most_tokens_written"], found["currency"]) == (9, "USD")
