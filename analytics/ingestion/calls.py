"""A call in Segment's terms, which every protocol speaks to `normalize`; nothing in it has been checked."""

from collections.abc import Mapping
from typing import Any, TypedDict

import msgspec
from msgspec import UNSET

NO_CONTEXT = msgspec.Raw(b"{}")


class RawCall(TypedDict, total=False):
    """A call as an object, which may have other fields too."""

    type: Any
    event: Any
    name: Any
    category: Any
    anonymousId: Any
    userId: Any
    groupId: Any
    previousId: Any
    messageId: Any
    timestamp: Any
    originalTimestamp: Any
    sentAt: Any
    properties: Any
    traits: Any
    context: Any


class Call(msgspec.Struct, rename="camel", forbid_unknown_fields=True, gc=False):
    """A call read straight from JSON. Its context stays text: it is the same in many calls, and read once.

    The fields of the second half are known, so that they need no other way, and not used.
    """

    type: Any = None
    event: Any = None
    name: Any = None
    category: Any = None
    anonymous_id: Any = None
    user_id: Any = None
    group_id: Any = None
    previous_id: Any = None
    message_id: Any = None
    timestamp: Any = None
    original_timestamp: Any = None
    sent_at: Any = UNSET
    properties: Any = None
    traits: Any = None
    context: msgspec.Raw = NO_CONTEXT

    write_key: Any = None
    integrations: Any = None
    channel: Any = None
    metadata: Any = msgspec.field(name="_metadata", default=None)
    version: Any = None
    received_at: Any = None
    project_id: Any = None


FIELDS = tuple((field.name, field.encode_name) for field in msgspec.structs.fields(Call))


def call_of(raw: RawCall) -> Call:
    """The same call as a struct, whose context is an object, or whatever was sent in its place."""
    return Call(**{name: raw[theirs] for name, theirs in FIELDS if theirs in raw})  # type: ignore[literal-required]


def context_of(call: RawCall | Call) -> Mapping[str, Any]:
    """The context of a call; empty where it has none, or something else in its place."""
    found = call.context if isinstance(call, Call) else call.get("context")
    if isinstance(found, msgspec.Raw):
        try:
            found = msgspec.json.decode(found)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return {}
    return found if isinstance(found, dict) else {}
