"""The events of a Response resume at any number, whatever pieces the text comes in."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from inference.choices import FinishReason, Status
from inference.entries import Cursor, Entry, Event
from inference.openai_api.answer import Answer, Usage
from inference.openai_api.errors import of_failure
from inference.openai_api.response_events import ResponseEvents
from inference.openai_api.response_object import response

JOB = UUID(int=7)
NOW = datetime(2026, 3, 1, tzinfo=UTC)
CALLS = [{"id": "c1", "name": "weather", "arguments": "{}"}, {"id": "c2", "name": "time", "arguments": "{}"}]
INPUT = {"messages": [{"role": "user", "content": "Hello"}], "response": {"background": True}}
PIECES = (["Good ", "mörning", "!"], ["Good mörning!"], ["G", "ood mörn", "ing!"])


def answer(text: str, *calls: dict[str, str], status: Status = Status.SUCCEEDED) -> Answer:
    return Answer(
        job_id=JOB,
        status=status,
        model="sim",
        input=INPUT,
        metadata={},
        created_at=NOW,
        finished_at=NOW,
        text=text,
        finish_reason=FinishReason.TOOL_CALLS if calls else FinishReason.STOP,
        tool_calls=calls,
        logprobs=(),
        error_code="",
        error_message="",
        usage=Usage(1, 2, 0, 0),
    )


def tokens(pieces: list[str], fence: int = 1) -> list[Event]:
    """As a client's cursor makes them of a worker's entries."""
    cursor, length, events = Cursor(), 0, []
    for piece in pieces:
        events += cursor.take(Entry(fence, length, "token", piece))
        length += len(piece)
    return events


def told(pieces: list[str], *calls: dict[str, str], after: int = -1, fence: int = 1) -> list[dict[str, Any]]:
    ended = answer("".join(pieces), *calls)
    events = ResponseEvents(JOB, response(ended), after)
    wire = events.begin() + b"".join(map(events.take, tokens(pieces, fence))) + events.end(ended)
    return [json.loads(line[6:]) for line in wire.decode().splitlines() if line.startswith("data: ")]


def text_of(events: list[dict[str, Any]]) -> str:
    return "".join(event["delta"] for event in events if event["type"] == "response.output_text.delta")


@pytest.mark.parametrize("calls", [(), CALLS])
@pytest.mark.parametrize("fence", [1, 3])
def test_every_event_can_be_the_last_that_was_seen(calls, fence) -> None:
    for seen_in in PIECES:
        whole = told(seen_in, *calls, fence=fence)
        for place, event in enumerate(whole):
            for resumed_in in PIECES:
                rest = told(resumed_in, *calls, after=event["sequence_number"], fence=fence)
                assert text_of(whole[: place + 1]) + text_of(rest) == "Good mörning!"
                assert rest[-1:] == whole[place + 1 :][-1:]


@pytest.mark.parametrize("pieces", [*PIECES, []])
@pytest.mark.parametrize("calls", [(), CALLS])
def test_numbers_rise(pieces, calls) -> None:
    numbers = [event["sequence_number"] for event in told(pieces, *calls)]

    assert numbers == sorted(set(numbers))


def test_an_answer_of_calls_alone_has_no_message() -> None:
    events = told([], *CALLS)

    opened = [event for event in events if event["type"] == "response.output_item.added"]
    assert [(event["output_index"], event["item"]["type"]) for event in opened] == [
        (0, "function_call"),
        (1, "function_call"),
    ]
    assert [item["type"] for item in events[-1]["response"]["output"]] == ["function_call", "function_call"]


def test_an_empty_answer_is_a_message_all_the_same() -> None:
    kinds = [event["type"] for event in told([])]

    assert kinds[2:] == [
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]


def test_text_of_an_earlier_attempt_cannot_be_unsaid() -> None:
    seen = told(["Good "])[4]["sequence_number"]
    (first, *_) = tokens(["Bad "], fence=2)
    of_same, *_ = tokens(["Good "], fence=1)

    assert ResponseEvents(JOB, {}, seen).is_stale(first)
    assert not ResponseEvents(JOB, {}, seen).is_stale(of_same)
    assert not ResponseEvents(JOB, {}, 1).is_stale(first)
    assert not ResponseEvents(JOB, {}).is_stale(first)


def test_the_end_of_a_stream_that_broke_off_is_an_error() -> None:
    events = ResponseEvents(JOB, response(answer("")))
    events.begin()

    event = json.loads(
        events.broken(of_failure("restarted", "Anew.")).decode().splitlines()[1].removeprefix("data: ")
    )

    assert (event["type"], event["code"], event["message"]) == ("error", "restarted", "Anew.")
