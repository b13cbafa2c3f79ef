"""An event as our own export writes it: every column as stored, so that it comes back as it was.

    {"message_id": "…", "kind": "track", "name": "Signed up", "time": "2026-03-01T12:00:00.000000Z",
     "received_at": "…", "person": "42", "user_id": "42", "browser": "Firefox", …, "properties": {}, "context": {}}

The person is not taken over: it follows from the ids and links, which the export holds as events.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from analytics.contracts import NAMED_KINDS, Event, Kind
from analytics.ingestion import cleaning, clock
from analytics.ingestion.normalize import MAX_NAME
from analytics.ingestion.refusal import Refused

_IDS = ("anonymous_id", "user_id", "group_id", "previous_id")
_READ_APART = {"message_id", "kind", "name", "time", "received_at", *_IDS, "properties", "context"}
_TEXTS = tuple(field for field in Event.__struct_fields__ if field not in _READ_APART)
_encode = msgspec.json.Encoder().encode


def is_stored(value: Mapping[str, Any]) -> bool:
    """Whether an object has this shape and not that of a call."""
    return "kind" in value and "time" in value


def event_of(value: Mapping[str, Any], *, fallback_id: str, now: int) -> Event:
    """The event, checked as at the door; `now` (microseconds) stands for a time of receipt that is not given.

    Raises Refused with the field at fault.
    """
    kind, name = _kind_and_name(value)
    time = clock.read(value.get("time"), "time")
    if time is None or time < 0:
        raise Refused("time must be a time since 1970.", "time")
    received = clock.read(value.get("received_at"), "received_at")
    ids = {field: cleaning.identifier(value.get(field), field) for field in _IDS}
    if not ids["user_id"] and not ids["anonymous_id"]:
        raise Refused("user_id or anonymous_id is required.", "user_id")
    return Event(
        message_id=cleaning.identifier(value.get("message_id"), "message_id") or fallback_id,
        kind=kind,
        name=name,
        time=time,
        received_at=now if received is None else received,
        **ids,
        **{field: cleaning.text(value.get(field)) for field in _TEXTS},
        properties=_object(value, "properties"),
        context=_object(value, "context"),
    )


def _kind_and_name(value: Mapping[str, Any]) -> tuple[str, str]:
    kind = value.get("kind")
    if kind not in set(Kind):
        raise Refused(f"kind must be one of {', '.join(Kind)}.", "kind")
    if kind not in NAMED_KINDS:
        return str(kind), str(kind)
    name = value.get("name")
    if not isinstance(name, str) or not name.strip() or len(name) > MAX_NAME:
        raise Refused(f"name must be the name of the event, up to {MAX_NAME} characters.", "name")
    return str(kind), cleaning.storable(name.strip())


def _object(value: Mapping[str, Any], field: str) -> str:
    found = cleaning.properties(value.get(field), field)
    return _encode(found).decode() if found else "{}"
