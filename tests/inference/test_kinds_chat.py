"""Conversations: with tools and without, to both providers, in each one's own words."""

import json
from typing import Any

import pytest

from inference.choices import ProviderName, Status, Task
from tests.factories import JobFactory
from tests.simulators.llm import words

BOTH = pytest.mark.parametrize("provider", [ProviderName.ANTHROPIC, ProviderName.OPENAI])
TOOL = {
    "type": "function",
    "function": {"name": "weather", "description": "Of a town.", "parameters": {"type": "object"}},
}
TURNS: list[dict[str, Any]] = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Rain?"},
    {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "weather", "arguments": '{"a": 1}'}}],
    },
    {"role": "tool", "tool_call_id": "c1", "content": "Sun."},
]


def chat(provider: ProviderName, *turns, **more):
    return JobFactory(task=Task.CHAT, provider=provider, model="sim", input={"messages": [*turns], **more})


@BOTH
def test_a_conversation_is_continued(run, llm, provider) -> None:
    job = chat(provider, *TURNS, {"role": "user", "content": "@sim tokens=3"})

    run(job)

    assert job.status == Status.SUCCEEDED, job.error_message
    assert job.output == "".join(words(3))


def test_openai_gets_the_turns_as_they_are(run, llm) -> None:
    run(chat(ProviderName.OPENAI, *TURNS, {"role": "user", "content": "@sim tokens=1"}, tools=[TOOL], stop=["x"]))

    body = llm.requests[0]["body"]
    assert [message["role"] for message in body["messages"]] == ["system", "user", "assistant", "tool", "user"]
    assert body["messages"][2]["tool_calls"] == TURNS[2]["tool_calls"]
    assert (body["tools"], body["stop"]) == ([TOOL], ["x"])


def test_anthropic_gets_a_tools_answer_as_a_turn_of_the_user(run, llm) -> None:
    run(chat(ProviderName.ANTHROPIC, *TURNS, {"role": "user", "content": "@sim tokens=1"}, tools=[TOOL]))

    body = llm.requests[0]["body"]
    assert body["system"] == "Be brief."
    assert body["messages"][1]["content"] == [
        {"type": "tool_use", "id": "c1", "name": "weather", "input": {"a": 1}}
    ]
    assert body["messages"][2]["content"] == [{"type": "tool_result", "tool_use_id": "c1", "content": "Sun."}]
    assert body["tools"] == [{"name": "weather", "description": "Of a town.", "input_schema": {"type": "object"}}]


@BOTH
def test_a_wish_for_a_tool_is_the_result_and_in_the_stream(run, llm, provider) -> None:
    job = chat(provider, {"role": "user", "content": "@sim tokens=2 tool=weather"}, tools=[TOOL])

    events = run(job)

    (call,) = job.result["tool_calls"]
    assert (call["name"], json.loads(call["arguments"])) == ("weather", {"town": "Oslo"})
    assert job.finish_reason == "tool_calls"
    assert [event.data["name"] for event in events if event.name == "tool_call"] == ["weather"]
