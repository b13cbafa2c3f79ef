"""Each task at its own address, over HTTP."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.permissions import Scope
from inference.choices import Status, Task
from inference.kinds import KINDS
from inference.kinds.base import LONGEST_TEXTS
from inference.models import Job
from tests.factories import SecretKeyFactory
from tests.simulators.llm import saying

JOBS = "/api/v1/inference/jobs/"
SCHEMA = {"type": "object", "properties": {"town": {"type": "string"}}}
INPUTS: dict[Task, dict[str, Any]] = {
    Task.SUMMARIZE: {"texts": ["One. Two.", "Three."], "max_sentences": 1},
    Task.CLASSIFY: {"text": f"It broke. @sim {saying('B')}", "labels": ["praise", "bug"]},
    Task.EXTRACT: {"text": f"Oslo. @sim {saying('{}')}", "schema": SCHEMA},
    Task.GENERATE: {"prompt": "@sim tokens=2"},
    Task.CHAT: {"messages": [{"role": "user", "content": "@sim tokens=2"}]},
}


@pytest.fixture
def client(organization) -> APIClient:
    SecretKeyFactory(organization=organization, text="pls_tasks", scopes=[Scope.INFERENCE])
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION="Bearer pls_tasks")
    return client


@pytest.mark.parametrize("task", INPUTS)
def test_every_task_has_its_own_address_and_the_same_job_behind_it(client, llm, run, task) -> None:
    response = client.post(f"/api/v1/inference/{task}/", {**INPUTS[task], "provider": "openai", "model": "sim"})

    job = Job.objects.get()
    assert (response.status_code, job.task, job.provider) == (202, task, "openai")
    assert response["Location"] == f"{JOBS}{job.pk}/"
    run(job)
    assert job.status == Status.SUCCEEDED, job.error_message
    shown = client.get(response["Location"]).json()
    assert (shown["output"], shown["result"]) == (job.output, job.result)
    assert INPUTS[task].items() <= shown["input"].items() or task in {Task.CLASSIFY, Task.CHAT}


@pytest.mark.parametrize(
    ("task", "body", "field"),
    [
        ("summarize", {}, "text"),
        ("summarize", {"text": "a", "texts": ["b"]}, "text"),
        ("summarize", {"texts": ["a"] * 1_001}, "texts"),
        ("summarize", {"texts": ["a", " "]}, "texts.1"),
        ("summarize", {"texts": ["a" * (LONGEST_TEXTS // 2 + 1)] * 2}, "texts"),
        ("summarize", {"text": "a" * (LONGEST_TEXTS + 1)}, "text"),
        ("summarize", {"text": "a", "provider": "oracle"}, "provider"),
        ("summarize", {"text": "a", "colour": "red"}, "colour"),
        ("summarize", [], "body"),
        ("classify", {"text": "a", "labels": ["a"]}, "labels"),
        ("classify", {"text": "a", "labels": ["a", "A"]}, "labels"),
        ("classify", {"text": "a", "labels": ["a", "b\nc"]}, "labels.1.name"),
        ("classify", {"text": "a", "labels": [f"{n}" for n in range(100)]}, "labels"),
        (
            "classify",
            {"text": "a", "labels": ["a", "b"], "examples": [{"text": "x", "labels": ["c"]}]},
            "examples",
        ),
        ("classify", {"text": "a", "labels": ["a", "b"], "examples": [{"text": "x", "labels": []}]}, "examples"),
        ("extract", {"text": "a", "schema": {"type": "string"}}, "schema"),
        ("extract", {"text": "a", "schema": {**SCHEMA, "description": "\x00"}}, "schema"),
        ("extract", {"text": "a"}, "schema"),
        ("extract", {"text": "a", "schema": SCHEMA, "repairs": 6}, "repairs"),
        ("generate", {"prompt": " "}, "prompt"),
    ],
)
def test_a_bad_body_is_refused_by_its_field(client, task, body, field) -> None:
    response = client.post(f"/api/v1/inference/{task}/", body)

    assert response.status_code == 400
    assert [item["field"] for item in response.json()["error"]["fields"]] == [field]
    assert not Job.objects.exists()


def test_a_body_that_comes_again_finds_its_job_at_either_address(client) -> None:
    headers = {"Idempotency-Key": "once"}
    first = client.post("/api/v1/inference/summarize/", {"text": "One. Two."}, headers=headers)
    again = client.post(JOBS, {"task": "summarize", "input": {"text": "One. Two."}}, headers=headers)

    assert first.json()["id"] == again.json()["id"]


def test_the_schema_has_what_goes_in_and_what_comes_out(client) -> None:
    document = client.get("/api/schema/?format=json").json()
    schemas = document["components"]["schemas"]

    for task in KINDS:
        post = document["paths"][f"/api/v1/inference/{task}/"]["post"]
        body = post["requestBody"]["content"]["application/json"]["schema"]
        answer = post["responses"]["200"]["content"]["application/json"]["schema"]
        assert body == {"$ref": f"#/components/schemas/{task.title()}Request"}
        assert answer == {"$ref": f"#/components/schemas/{task.title()}Answer"}
    assert {"text", "labels", "many", "model"} <= schemas["ClassifyRequest"]["properties"].keys()
    assert "schema" in schemas["ExtractRequest"]["properties"]
    assert "ClassifyResult" in str(schemas["ClassifyAnswer"]["properties"]["result"])
    assert "LabelChance" in str(schemas["ClassifyResult"])
