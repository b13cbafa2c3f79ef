"""The event as it travels: from a protocol adapter through the inbox into a segment. No Django here.

Times are whole microseconds since 1970 in UTC. Text that is absent is empty, never None.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b

import msgspec


class Kind(StrEnum):
    """What an event is. Pages and screens are views; track is everything that a customer names.

    Passive events have names, too, but nobody did anything: a page was left, a measure taken.
    """

    TRACK = "track"
    PAGE = "page"
    SCREEN = "screen"
    IDENTIFY = "identify"
    GROUP = "group"
    ALIAS = "alias"
    PASSIVE = "passive"


NAMED_KINDS = (Kind.TRACK, Kind.PASSIVE)
VIEW_KINDS = (Kind.PAGE, Kind.SCREEN)


class Event(msgspec.Struct, kw_only=True, omit_defaults=True, gc=False):
    """One event, validated and enriched, as the inbox keeps it (as JSON).

    `name` is the customer's for track, else the kind. `properties` and `context` are JSON objects as text:
    properties of a track, page or screen, traits of an identify or group; `context` what no column holds.
    """

    message_id: str
    kind: str
    name: str
    time: int
    received_at: int
    anonymous_id: str = ""
    user_id: str = ""
    # group: the group's id; alias: the id that becomes the same person as user_id.
    group_id: str = ""
    previous_id: str = ""
    url: str = ""
    host: str = ""
    path: str = ""
    title: str = ""
    referrer: str = ""
    referrer_host: str = ""
    source: str = ""
    channel: str = ""
    utm_source: str = ""
    utm_medium: str = ""
    utm_campaign: str = ""
    utm_term: str = ""
    utm_content: str = ""
    browser: str = ""
    os: str = ""
    device: str = ""
    country: str = ""
    language: str = ""
    library: str = ""
    properties: str = "{}"
    context: str = "{}"


TIMES = ("time", "received_at")
# The store's own: `who` is the person's number (`number_of`); `loose` that of the anonymous id where it is not
# linked, so that the user id decided, else 0.
NUMBERS = ("who", "loose")
# The fixed columns of an event in the store, in order; `store/schema.py` has their types. `person` is resolved at
# sealing (definitions: Event and person).
COLUMNS = (
    "message_id",
    "kind",
    "name",
    *TIMES,
    "person",
    *NUMBERS,
    *(
        field
        for field in Event.__struct_fields__
        if field not in {"message_id", "kind", "name", *TIMES, "properties", "context"}
    ),
    "properties",
    "context",
)
# What others see of a stored event.
PUBLIC = tuple(name for name in COLUMNS if name not in NUMBERS)

# Columns by which people may filter and break down, beside properties.
DIMENSIONS = (
    "name", "kind", "host", "path", "title", "referrer_host", "source", "channel", "utm_source", "utm_medium",
    "utm_campaign", "utm_term", "utm_content", "browser", "os", "device", "country", "language", "library",
    "person", "user_id", "group_id",
)  # fmt: skip

# A property `price` has up to two columns in a segment: its numbers and its texts.
NUMBER_PREFIX = "n:"
TEXT_PREFIX = "t:"


def number_column(name: str) -> str:
    return NUMBER_PREFIX + name


def text_column(name: str) -> str:
    return TEXT_PREFIX + name


def number_of(identifier: str) -> int:
    """A person's or an id's number: 63 bits of its BLAKE2b hash, never 0 for practical purposes.

    Numbers are what queries count and join. Among ten million people the chance that any two share one is
    10¹⁴ / 2⁶⁴, about five in a million.
    """
    return int.from_bytes(blake2b(identifier.encode(errors="replace"), digest_size=8).digest()) >> 1


class DropReason(StrEnum):
    """Why an event is not kept; counted by day in a ledger that the customer sees."""

    INVALID = "invalid"
    BOT = "bot"
    DUPLICATE = "duplicate"
    TOO_OLD = "too_old"
    QUOTA = "quota"


@dataclass(frozen=True, slots=True)
class Rejection:
    """One event of a request that was refused: where it stood, why in a sentence, and which field."""

    index: int
    reason: str
    field: str = ""
    drop: DropReason = DropReason.INVALID


# As `copy.copy`, in half its time; the type stubs of structs leave it out.
copy_event: Callable[[Event], Event] = Event.__copy__  # type: ignore[attr-defined]
encode_events = msgspec.json.Encoder().encode
decode_events = msgspec.json.Decoder(list[Event]).decode
