"""A job's stream: the entries that a worker writes, and the exact position of a client in them.

An entry names its attempt (the job's fence) and where it stands in the attempt's text, in characters. So does the
id of each event that a client gets, `attempt-position`: whoever resumes with it gets what follows, not one
character missed or repeated, from Redis or, once that has gone, from the finished row. When a worker dies and the
job is run again, the text starts anew: a client that holds text of the earlier attempt is told so by a `restart`
event.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

import msgspec

_ID = re.compile(r"(\d{1,9})-(\d{1,9})(?:-t(\d{1,4}))?(?:-(usage|end))?")

Kind = Literal["start", "token", "tool_call", "usage", "end"]


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """`offset`: how many characters of the attempt's text stand before this entry."""

    fence: int
    offset: int
    kind: Kind
    text: str = ""
    data: dict[str, Any] = {}  # msgspec copies it for each entry


class Gap(Exception):
    """Entries before this one are missing."""


@dataclass(frozen=True, slots=True)
class Event:
    """One server-sent event."""

    name: Literal["token", "tool_call", "restart", "usage", "done", "error"]
    id: str
    data: Mapping[str, Any]

    def encode(self) -> bytes:
        """As it goes over the wire; JSON holds no line break, so one `data:` line is enough."""
        return b"event: %s\nid: %s\ndata: %s\n\n" % (
            self.name.encode(),
            self.id.encode(),
            msgspec.json.encode(self.data),
        )


@dataclass(slots=True)
class Cursor:
    """Where one client stands: what it has seen of which attempt."""

    fence: int = 0
    offset: int = 0
    tool_calls: int = 0
    usage_seen: bool = False
    ended: bool = False

    @classmethod
    def after(cls, last_event_id: str) -> Self:
        """The position behind this event; the beginning for an id that is none of ours."""
        match = _ID.fullmatch(last_event_id)
        if match is None:
            return cls()
        seen = match[4] or ""
        return cls(int(match[1]), int(match[2]), int(match[3] or 0), usage_seen=bool(seen), ended=seen == "end")

    def take(self, entry: Entry) -> list[Event]:
        """The events that are new to the client; raises Gap where something before the entry has not been seen."""
        if self.ended or entry.fence < self.fence:
            return []
        events = self._follow(entry.fence)
        match entry.kind:
            case "token":
                events += self._token(entry)
            case "tool_call":
                events += self._tool_call(entry)
            case "usage":
                events += self._usage(entry)
            case "end":
                events += self._end(entry)
        return events

    def _follow(self, fence: int) -> list[Event]:
        if fence == self.fence:
            return []
        stale = self.offset > 0 or self.tool_calls > 0
        self.fence, self.offset, self.tool_calls, self.usage_seen = fence, 0, 0, False
        return [Event("restart", self._id(), {"attempt": fence})] if stale else []

    def _token(self, entry: Entry) -> list[Event]:
        new = self._unseen(entry)
        if not new:
            return []
        self.offset += len(new)
        return [Event("token", self._id(), {"text": new})]

    def _unseen(self, entry: Entry) -> str:
        if entry.offset > self.offset:
            raise Gap
        return entry.text[self.offset - entry.offset :]

    def _tool_call(self, entry: Entry) -> list[Event]:
        index = entry.data["index"]
        if entry.offset > self.offset or index > self.tool_calls:
            raise Gap
        if index < self.tool_calls:
            return []
        self.tool_calls += 1
        return [Event("tool_call", self._id(), entry.data)]

    def _usage(self, entry: Entry) -> list[Event]:
        if entry.offset > self.offset:
            raise Gap
        if self.usage_seen:
            return []
        self.usage_seen = True
        return [Event("usage", self._id("-usage"), entry.data)]

    def _end(self, entry: Entry) -> list[Event]:
        if entry.offset > self.offset:
            raise Gap
        self.ended = True
        return [Event("error" if "code" in entry.data else "done", self._id("-end"), entry.data)]

    def _id(self, suffix: str = "") -> str:
        called = f"-t{self.tool_calls}" if self.tool_calls else ""
        return f"{self.fence}-{self.offset}{called}{suffix}"


def ending(
    *,
    fence: int,
    output: str,
    status: str,
    finish_reason: str,
    error: Mapping[str, str] | None,
    usage: Any,
    result: Mapping[str, Any] | None = None,
) -> list[Entry]:
    """The last entries of a job; `usage` is a pair of input and output tokens, None where unknown."""
    beside = dict(result or {})
    calls = beside.pop("tool_calls", ())
    entries = [
        Entry(fence, len(output), "tool_call", data={"index": index, **call}) for index, call in enumerate(calls)
    ]
    tokens_input, tokens_output = usage
    counted = {"tokens_input": tokens_input, "tokens_output": tokens_output}
    if tokens_output is not None:
        entries.append(Entry(fence, len(output), "usage", data=counted))
    data: dict[str, Any] = {"status": status, "length": len(output), **counted}
    if beside:
        data["result"] = beside
    if error:
        data |= error
    else:
        data["finish_reason"] = finish_reason or None
    entries.append(Entry(fence, len(output), "end", data=data))
    return entries
