"""The events of a Response as it is written, each with a number that says where in the answer it stands.

Numbers rise and have gaps: a piece of text is numbered by the characters up to its end, so a client that comes
again with the last number it has seen gets what follows, from whichever process and however the text is cut into
pieces by then. Each attempt of a job has a range of numbers of its own.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec

from inference.entries import Event
from inference.openai_api import response_object as of
from inference.openai_api.answer import Answer
from inference.openai_api.errors import Fault

# More than the characters of any answer; times the attempts of a job, it fits into 31 bits.
_ATTEMPT = 10_000_000
# The numbers before an attempt's text: the Response (0 and 1), the message and its one part.
_ITEM, _PART = 2, 3


@dataclass(slots=True)
class ResponseEvents:
    """The stream of one Response, of which the client wants what follows the number `after`.

    `shown` is the Response as it stood when the client came.
    """

    job_id: UUID
    shown: Mapping[str, Any]
    after: int = -1
    fence: int = 1
    length: int = 0

    def begin(self) -> bytes:
        opened = {**self.shown, "error": None, "incomplete_details": None, "completed_at": None, "usage": None}
        created = {**opened, "output": [], "status": "queued" if opened["background"] else "in_progress"}
        return self._event(0, "created", response=created) + self._event(
            1, "in_progress", response={**created, "status": "in_progress"}
        )

    def take(self, event: Event) -> bytes:
        """What a piece of text says to the client."""
        if event.name != "token":
            return b""
        self.fence = _fence(event)
        begun = b"" if self.length else self._announced()
        unseen = event.data["text"][max(0, self.after - self._number(self.length)) :]
        self.length += len(event.data["text"])
        place = _place(of.opened_message(self.job_id))
        return begun + self._event(
            self._number(self.length), "output_text.delta", **place, delta=unseen, logprobs=[]
        )

    def is_stale(self, event: Event) -> bool:
        """Whether the client holds text of an earlier attempt, which cannot be unsaid."""
        seen, rest = divmod(max(self.after, 0), _ATTEMPT)
        return event.name == "restart" or (event.name == "token" and rest > _PART and seen != _fence(event) - 1)

    def end(self, answer: Answer) -> bytes:
        """The last events, from the finished job."""
        response = of.response(answer)
        kind = response["status"] if response["status"] in {"completed", "incomplete"} else "failed"
        output = response["output"] if kind != "failed" else []
        begun = self._announced() if not self.length and any(item["type"] == "message" for item in output) else b""
        events = [*_closing(output), (kind, {"response": response})]
        start = self._number(self.length) + 1
        return begun + b"".join(
            self._event(number, name, **data) for number, (name, data) in enumerate(events, start)
        )

    def broken(self, fault: Fault) -> bytes:
        """The end of the stream, though not of the Response."""
        number = max(self.after, self._number(self.length)) + 1
        error = {"code": fault.code, "message": fault.message, "param": fault.param}
        return _encode({"type": "error", "sequence_number": number, **error})

    def _announced(self) -> bytes:
        item = of.opened_message(self.job_id)
        part = of.text_part("", logprobs=[])
        return self._event(
            self._number(_ITEM - _PART), "output_item.added", output_index=0, item=item
        ) + self._event(self._number(0), "content_part.added", **_place(item), part=part)

    def _number(self, length: int) -> int:
        """Of the event after which so many characters of the text are there."""
        return (self.fence - 1) * _ATTEMPT + _PART + length

    def _event(self, number: int, name: str, /, **data: Any) -> bytes:
        if number <= self.after:
            return b""
        return _encode({"type": f"response.{name}", "sequence_number": number, **data})


def _closing(output: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The events, without their numbers, that complete the items of an output."""
    for index, item in enumerate(output):
        if item["type"] == "message":
            (part,) = item["content"]
            said = {"text": part["text"], "logprobs": part["logprobs"]}
            yield "output_text.done", {**_place(item), **said}
            yield "content_part.done", {**_place(item), "part": part}
        else:
            opened = {**item, "arguments": "", "status": "in_progress"}
            yield "output_item.added", {"output_index": index, "item": opened}
            of_call = {"item_id": item["id"], "output_index": index}
            yield "function_call_arguments.delta", {**of_call, "delta": item["arguments"]}
            yield "function_call_arguments.done", {**of_call, "name": item["name"], "arguments": item["arguments"]}
        yield "output_item.done", {"output_index": index, "item": item}


def _place(message: Mapping[str, Any]) -> dict[str, Any]:
    """Where the text of an answer stands: it is the first item, and its one part."""
    return {"item_id": message["id"], "output_index": 0, "content_index": 0}


def _fence(event: Event) -> int:
    """The attempt that an event is of."""
    return int(event.id.partition("-")[0])


def _encode(event: Mapping[str, Any]) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (event["type"].encode(), msgspec.json.encode(event))
