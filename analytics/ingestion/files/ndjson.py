"""One JSON object a line: our own export, events as `POST /api/v1/events/` takes them, or Segment's calls.

Which of them a line is, its names tell: `kind` and `time` are an export's, `anonymousId` and the like Segment's.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import chain, islice
from typing import Any, cast

import msgspec

from analytics.contracts import Rejection
from analytics.ingestion import clock
from analytics.ingestion.files import stored
from analytics.ingestion.files.source import NOTHING, START, FileProblem, Mark, Row, Source, message_id
from analytics.ingestion.normalize import RawCall
from analytics.ingestion.protocols import native
from analytics.ingestion.refusal import Refused

# How many lines may be unreadable at the start before the file is taken for something else.
_TRIAL = 100
_SEGMENTS = frozenset({"anonymousId", "userId", "messageId", "groupId", "previousId"})
_decode = msgspec.json.Decoder().decode


def rows(source: Source, *, start: Mark = START) -> Iterator[Row]:
    """The events of a file. Raises FileProblem where none of the first lines is an event."""
    now = clock.microseconds(datetime.now(UTC))
    lines = enumerate(source.lines(start.offset), start=start.line + 1)
    found = (_row(number, line, Mark(source.offset, number), now) for number, line in lines)
    if start != START:
        return found
    trial = list(islice(found, _TRIAL))
    if all(row.call is None for row in trial):
        raise FileProblem(f"{source.name} does not hold one event as JSON a line: {trial[0].reason}.")
    return chain(trial, found)


def _row(number: int, line: bytes, after: Mark, now: int) -> Row:
    try:
        value = _decode(line.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, RecursionError) as error:
        return Row(number, None, f"not JSON: {error}" if line.strip() else "an empty line", after)
    if not isinstance(value, dict):
        return Row(number, None, "not a JSON object", after)
    fallback = message_id(number, line.decode(errors="replace").strip())
    if stored.is_stored(value):
        return _stored_row(number, value, after, fallback, now)
    call = cast("RawCall", value) if _SEGMENTS & value.keys() else native.call_of(value, number)
    if isinstance(call, Rejection):
        return Row(number, None, call.reason, after)
    return _past(number, dict(call), after, fallback)


def _stored_row(number: int, value: dict[str, Any], after: Mark, fallback: str, now: int) -> Row:
    try:
        return Row(number, stored.event_of(value, fallback_id=fallback, now=now), after=after)
    except Refused as refusal:
        return Row(number, None, refusal.reason, after)


def _past(number: int, call: dict[str, Any], after: Mark, fallback: str) -> Row:
    """A call of long ago: no clock is to be corrected, and its library's queue is no reason to doubt its age."""
    call.pop("sentAt", None)
    call["messageId"] = call.get("messageId") or fallback
    context = call.get("context")
    known: Mapping[str, str] = NOTHING
    if isinstance(context, dict) and isinstance(library := context.get("library"), dict):
        call["context"] = {key: part for key, part in context.items() if key != "library"}
        name = library.get("name")
        known = {"library": name} if isinstance(name, str) else NOTHING
    return Row(number, cast("RawCall", call), after=after, known=known)
