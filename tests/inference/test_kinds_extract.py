"""Objects out of texts: to a schema that is safe to use, or not at all."""

import json
from typing import Any

import pytest

from inference.choices import ProviderName, Status, Task
from inference.kinds import schemas
from inference.kinds.extract import ExtractInput
from inference.kinds.schemas import TooMuchWork, complaint, complaints
from tests.factories import JobFactory, LanguageModelFactory
from tests.simulators.llm import saying

BOTH = pytest.mark.parametrize("provider", [ProviderName.ANTHROPIC, ProviderName.OPENAI])
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"town": {"type": "string", "pattern": "^[A-Z]"}, "people": {"type": "integer", "minimum": 0}},
    "required": ["town"],
    "additionalProperties": False,
}
GOOD = '{"town": "Oslo", "people": 700000}'


def extract(sim: str, provider: ProviderName = ProviderName.OPENAI, model: str = "sim", **more: Any) -> Any:
    given = ExtractInput.model_validate({"text": f"Oslo has many. @sim {sim}", "schema": SCHEMA, **more})
    return JobFactory(task=Task.EXTRACT, provider=provider, model=model, input=given.model_dump(mode="json"))


@BOTH
def test_an_object_comes_out_that_keeps_to_the_schema(run, llm, provider) -> None:
    job = extract(saying(GOOD), provider)

    events = run(job)

    assert job.status == Status.SUCCEEDED, job.error_message
    assert job.result == {"data": {"town": "Oslo", "people": 700_000}}
    assert json.loads(job.output) == job.result["data"]
    assert events[-1].data["result"] == job.result
    assert "Oslo has many" not in json.dumps(llm.requests[0]["body"].get("system", ""))


def test_each_provider_gets_the_schema_in_its_own_words(run, llm) -> None:
    run(extract(saying(GOOD), ProviderName.OPENAI))
    run(extract(saying(GOOD), ProviderName.ANTHROPIC))

    openai, anthropic = (request["body"] for request in llm.requests)
    assert openai["response_format"]["json_schema"]["schema"] == SCHEMA
    assert anthropic["tools"][0]["input_schema"] == SCHEMA
    assert anthropic["tool_choice"] == {"type": "tool", "name": "answer"}


def test_a_model_without_schemas_is_told_of_it(run, llm) -> None:
    LanguageModelFactory(provider=ProviderName.OPENAI, model="plain", abilities=[])

    # One after the other: a runner takes whatever waits.
    unknown = extract(f"{saying(GOOD)} without=response_format")
    run(unknown)
    known = extract(saying(GOOD), model="plain")
    run(known)

    assert unknown.result == known.result == {"data": json.loads(GOOD)}
    assert ["response_format" in request["body"] for request in llm.requests] == [True, False, False]
    for request in llm.requests[1:]:
        told = request["body"]["messages"][0]["content"].partition("JSON Schema:\n")[2]
        assert json.loads(told) == SCHEMA


@BOTH
def test_a_wrong_answer_is_repaired_by_what_is_wrong_with_it_as_data(run, llm, provider) -> None:
    job = extract(saying('{"town": "oslo", "people": -1}', GOOD), provider)

    run(job)

    assert job.result == {"data": json.loads(GOOD)}
    assert job.calls.count() == 2
    *_, answer, wrong = llm.requests[1]["body"]["messages"]
    assert answer == {"role": "assistant", "content": '{"town": "oslo", "people": -1}'}
    told = wrong["content"].partition("<text>\n")[2]
    assert told == "town: 'oslo' does not match '^[A-Z]'\npeople: -1 is less than the minimum of 0\n</text>"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ('{"people": 3}', "'town' is a required property"),
        ('{"town": "Oslo", "mayor": 1}', "'mayor' was unexpected"),
        ("Oslo it is", "It is no JSON"),
        ('{"town": "O\\u0000"}', "NUL"),
        ('{"town": "O\\ud800"}', "no JSON"),
        ('{"town": "Oslo", "people": NaN}', "NaN is no number"),
        ('{"town": "Oslo", "people": 1e999}', "no JSON"),
        ("[" * 100_000, "no JSON"),
    ],
)
def test_what_never_keeps_to_it_fails_with_the_last_errors(run, llm, answer, words) -> None:
    job = extract(saying(answer), repairs=1)

    run(job)

    assert (job.status, job.error_code, job.result) == (Status.FAILED, "not_valid", None)
    assert words in job.error_message
    assert len(llm.requests) == 2


def test_an_answer_that_was_cut_is_not_asked_for_again(run, llm) -> None:
    job = extract(f"{saying('{')} limit=1", max_tokens=50)

    run(job)

    assert (job.error_code, len(llm.requests)) == ("not_valid", 1)
    assert "cut at 50 tokens" in job.error_message


def test_a_fence_around_it_is_taken_off(run, llm) -> None:
    job = extract(saying(f"```json\n{GOOD}\n```"))

    run(job)

    assert job.result == {"data": json.loads(GOOD)}


def nested(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = {}
    for _ in range(levels):
        schema = {"type": "object", "properties": {"a": schema}}
    return schema


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({}, "must describe an object"),
        ({"type": "array"}, "must describe an object"),
        ({"type": "object", "required": "town"}, "not valid at 'required'"),
        ({"type": "object", "$schema": "http://json-schema.org/draft-07/schema#"}, "$schema must be"),
        ({"type": "object", "properties": {"a": {"$ref": "https://example.com/a.json"}}}, "leads nowhere"),
        ({"type": "object", "properties": {"a": {"$ref": "#/$defs/b"}}}, "leads nowhere"),
        ({"type": "object", "properties": {"a": {"$ref": "#/x"}}, "x": {"pattern": 5}}, "not valid at 'pattern'"),
        ({"type": "object", "properties": {"a": {"$ref": "#/required"}}, "required": ["a"]}, "not valid"),
        ({"type": "object", "$id": "https://example.com/"}, "$id cannot be used"),
        ({"type": "object", "patternProperties": {"a+": {}}}, "patternProperties cannot be used"),
        ({"type": "object", "properties": {"a": {"pattern": "(?=a)b"}}}, "may neither look around"),
        ({"type": "object", "properties": {"a": {"pattern": "(a"}}}, "not valid at 'properties.a.pattern'"),
        ({"type": "object", "description": "x" * 70_000}, "may have 64 KB"),
        (nested(40), "deeper than 32 levels"),
        (nested(5_000), "deeper than 32 levels"),
    ],
)
def test_a_schema_that_cannot_be_used_is_refused_with_its_reason(schema, words) -> None:
    assert words in complaint(schema)


@pytest.mark.parametrize(
    "schema",
    [
        SCHEMA,
        {
            "type": "object",
            "$defs": {"node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}}}},
        },
        {"type": "object", "properties": {"pattern": {"type": "string"}, "$ref": {"type": "string"}}},
        {"type": "object", "properties": {"a": {"enum": [{"$ref": "https://example.com"}]}}},
        {"type": "object", "properties": {"a": {"$ref": "#"}, "b": True}},
    ],
)
def test_what_only_looks_dangerous_may_be_used(schema) -> None:
    assert complaint(schema) == ""
    assert complaints({}, {**schema, "required": []}) == []


def test_a_pattern_that_explodes_elsewhere_takes_no_time_here() -> None:
    schema = {"type": "object", "properties": {"a": {"pattern": "^(a+)+$"}}}

    assert complaint(schema) == ""
    assert complaints({"a": "a" * 100_000 + "!"}, schema)[0].startswith("a: 'aaa")


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {"a": {"$ref": "#/$defs/a"}}, "$defs": {"a": {"$ref": "#/$defs/a"}}},
        {
            "type": "object",
            "properties": {"a": {"$ref": "#/$defs/0"}},
            "$defs": {str(n): {"allOf": [{"$ref": f"#/$defs/{n + 1}"}] * 4} for n in range(10)} | {"10": {}},
        },
    ],
)
def test_a_schema_that_never_ends_is_given_up(run, llm, schema, monkeypatch) -> None:
    monkeypatch.setattr(schemas, "MOST_WORK", 20_000)
    assert complaint(schema) == ""
    with pytest.raises(TooMuchWork):
        complaints({"a": 1}, schema)

    job = extract(saying('{"a": 1}'), schema=schema)
    run(job)

    assert job.error_code == "not_valid"
    assert "too long to check" in job.error_message
