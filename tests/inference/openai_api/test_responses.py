"""Responses by OpenAI's SDK, over real HTTP: whole, streamed, in the background, continued, cancelled, removed."""

import json
from typing import Any

import openai
import pytest
from pydantic import BaseModel

from inference.choices import Status
from inference.models import Job
from tests.factories import JobFactory
from tests.inference.openai_api.conftest import KEY
from tests.simulators.llm import saying, words

pytestmark = pytest.mark.stack
TOOL = {"type": "function", "name": "weather", "parameters": {"type": "object"}, "strict": False}
TEXT = "".join(words(12))
OPENED = ["response.created", "response.in_progress", "response.output_item.added", "response.content_part.added"]
CLOSED = ["response.output_text.done", "response.content_part.done", "response.output_item.done"]


class Town(BaseModel):
    name: str


def test_a_text_is_answered(client) -> None:
    response = client.responses.create(
        model="sim",
        input="@sim tokens=3",
        instructions="Be brief.",
        max_output_tokens=50,
        temperature=0.5,
        metadata={"a": "b"},
        reasoning={"effort": "low"},
    )

    assert (response.status, response.output_text) == ("completed", "".join(words(3)))
    assert response.id == f"resp_{Job.objects.get().pk.hex}"
    assert (response.usage.input_tokens, response.usage.output_tokens, response.usage.total_tokens) == (14, 3, 17)
    assert response.usage.input_tokens_details.cached_tokens == 3
    assert (response.instructions, response.max_output_tokens, response.metadata) == ("Be brief.", 50, {"a": "b"})
    assert client.responses.retrieve(response.id).model_dump() == response.model_dump()


def test_items_become_turns(client, simulator) -> None:
    client.responses.create(
        model="sim",
        input=[
            {"role": "developer", "content": "Be brief."},
            {"role": "user", "content": [{"type": "input_text", "text": "Rain?"}]},
            {"type": "function_call", "call_id": "c1", "name": "weather", "arguments": "{}"},
            {"type": "function_call", "call_id": "c2", "name": "weather", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c1", "output": "Sun."},
            {"type": "function_call_output", "call_id": "c2", "output": "Rain."},
            {"role": "user", "content": "@sim tokens=1"},
        ],
        tools=[TOOL],
        tool_choice={"type": "function", "name": "weather"},
    )

    body = simulator.requests[-1]["body"]
    roles = [message["role"] for message in body["messages"]]
    assert roles == ["system", "user", "assistant", "tool", "tool", "user"]
    assert [call["id"] for call in body["messages"][2]["tool_calls"]] == ["c1", "c2"]
    assert body["tools"][0]["function"]["name"] == "weather"
    assert body["tool_choice"] == {"type": "function", "function": {"name": "weather"}}


@pytest.mark.parametrize("stream", [False, True])
def test_tools_are_asked_for_and_their_answers_taken(client, stream) -> None:
    asked: dict[str, Any] = {"model": "sim", "input": "@sim tokens=1 tool=weather", "tools": [TOOL]}
    if stream:
        with client.responses.stream(**asked) as events:
            kinds = [event.type for event in events]
            response = events.get_final_response()
        assert "response.function_call_arguments.delta" in kinds
        assert kinds[-1] == "response.completed"
    else:
        response = client.responses.create(**asked)

    said, call = response.output
    assert (said.type, call.type, call.name, json.loads(call.arguments)) == (
        "message",
        "function_call",
        "weather",
        {"town": "Oslo"},
    )
    answer = client.responses.create(
        model="sim",
        previous_response_id=response.id,
        input=[
            {"type": "function_call_output", "call_id": call.call_id, "output": "Sun."},
            {"role": "user", "content": "@sim tokens=2"},
        ],
    )
    assert answer.output_text == "".join(words(2))
    assert answer.previous_response_id == response.id


def test_an_answer_keeps_to_a_schema(client) -> None:
    response = client.responses.parse(
        model="claude-sim", input=f"@sim {saying(Town(name='Oslo').model_dump_json())}", text_format=Town
    )

    assert response.output_parsed == Town(name="Oslo")


def test_the_events_come_in_order(client) -> None:
    events = list(client.responses.create(model="sim", input="@sim tokens=12 delay=0.03", stream=True))

    kinds = [event.type for event in events]
    numbers = [event.sequence_number for event in events]
    assert kinds[:4] == OPENED
    assert set(kinds[4:-4]) == {"response.output_text.delta"}
    assert kinds[-4:] == [*CLOSED, "response.completed"]
    assert numbers == sorted(set(numbers))
    assert "".join(event.delta for event in events[4:-4]) == events[-4].text == TEXT
    assert len(kinds) > 14
    assert events[-1].response.output_text == TEXT


def test_an_answer_at_its_limit_is_incomplete(client) -> None:
    asked: dict[str, Any] = {"model": "sim", "input": "@sim tokens=2 limit=1"}

    response = client.responses.create(**asked)
    last = list(client.responses.create(**asked, stream=True))[-1]

    assert (response.status, response.incomplete_details.reason) == ("incomplete", "max_output_tokens")
    assert (last.type, last.response.status) == ("response.incomplete", "incomplete")


def test_a_failure_has_its_exception_or_its_event(client) -> None:
    with pytest.raises(openai.BadRequestError):
        client.responses.create(model="sim", input="@sim fail=400")
    with pytest.raises(openai.BadRequestError):
        client.responses.create(model="sim", input="@sim fail=400", stream=True)
    events = list(client.responses.create(model="openai/cut", input="@sim tokens=9 delay=0.05 cut=4", stream=True))

    assert events[-1].type == "response.failed"
    assert events[-1].response.status == "failed"
    assert events[-1].response.error.code == "server_error"
    assert "response.output_text.done" not in [event.type for event in events]


def test_in_the_background_it_is_polled(client) -> None:
    begun = client.responses.create(model="sim", input="@sim tokens=3 first=0.5", background=True)
    list(client.responses.retrieve(begun.id, stream=True))
    ended = client.responses.retrieve(begun.id)

    assert (begun.status, begun.background, begun.output) == ("queued", True, [])
    assert (ended.status, ended.output_text) == ("completed", "".join(words(3)))


def test_a_stream_of_the_background_resumes_at_any_event(client) -> None:
    begun = client.responses.create(model="sim", input="@sim tokens=12 delay=0.1", background=True, stream=True)
    seen = [next(begun) for _ in range(6)]
    begun.close()
    response_id = seen[0].response.id

    seen += client.responses.retrieve(response_id, stream=True, starting_after=seen[-1].sequence_number)
    again = list(client.responses.retrieve(response_id, stream=True, starting_after=seen[8].sequence_number))

    assert [event.type for event in seen[:4]] == OPENED
    assert "".join(event.delta for event in seen if event.type == "response.output_text.delta") == TEXT
    assert [event.model_dump() for event in again] == [event.model_dump() for event in seen[9:]]
    assert Job.objects.get().status == Status.SUCCEEDED


def test_in_the_background_it_fails_by_its_status(client) -> None:
    begun = client.responses.create(model="sim", input="@sim fail=400", background=True)

    (*_, last) = client.responses.retrieve(begun.id, stream=True)

    assert last.type == "response.failed"
    assert client.responses.retrieve(begun.id).error.message


def test_it_is_cancelled(client) -> None:
    begun = client.responses.create(model="sim", input="@sim tokens=400 delay=0.1", background=True, stream=True)
    events = [next(begun) for _ in range(5)]

    cancelled = client.responses.cancel(events[0].response.id)

    assert cancelled.status == "cancelled"
    assert [event.type for event in begun][-1] == "response.failed"
    assert client.responses.cancel(cancelled.id).status == "cancelled"


def test_a_client_that_leaves_cancels_what_is_not_in_the_background(client, web) -> None:
    stream = client.responses.create(model="sim", input="@sim tokens=400 delay=0.1", stream=True)
    next(stream)
    stream.close()

    job = Job.objects.get()
    with web.stream(f"/api/v1/inference/jobs/{job.pk}/stream/", Authorization=f"Bearer {KEY}") as events:
        assert list(events)[-1]["data"]["status"] == "cancelled"


def test_a_conversation_goes_on_without_the_earlier_instructions(client, simulator) -> None:
    first = client.responses.create(model="sim", input="@sim tokens=2", instructions="Be brief.")
    client.responses.create(
        model="sim", input="And? @sim tokens=1", instructions="Be long.", previous_response_id=first.id
    )

    messages = simulator.requests[-1]["body"]["messages"]
    assert [message["content"] for message in messages] == [
        "Be long.",
        "@sim tokens=2",
        "".join(words(2)),
        "And? @sim tokens=1",
    ]


def test_what_was_removed_is_gone(client) -> None:
    response = client.responses.create(model="sim", input="@sim tokens=2")
    unstored = client.responses.create(model="sim", input="@sim tokens=2", store=False)

    foreign: Any = JobFactory()

    client.responses.delete(response.id)

    for gone in (response.id, unstored.id, f"resp_{foreign.pk.hex}", "resp_1"):
        with pytest.raises(openai.NotFoundError):
            client.responses.retrieve(gone)
        with pytest.raises(openai.NotFoundError) as caught:
            client.responses.create(model="sim", input="So?", previous_response_id=gone)
        assert (caught.value.param, caught.value.code) == ("previous_response_id", "previous_response_not_found")
    assert Job.objects.get(pk=response.id.removeprefix("resp_")).input == {}
