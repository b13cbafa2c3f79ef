"""What a batch of events shows of a project's schema: names, properties and their types. No Django here.

Events of one shape (kind, name, names and types of the properties) are counted together, so that the work on
properties is done once for each shape and not for each event.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pyarrow as pa

from analytics.contracts import Event, Kind
from analytics.traits import in_context, telling_places

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# By the type of the JSON value; null says nothing of a property.
TYPES: Mapping[type, str] = {
    int: "number",
    float: "number",
    str: "text",
    bool: "boolean",
    list: "list",
    dict: "object",
}
# Whose traits the properties of an event of this kind are; others have properties of the event itself.
_SUBJECTS: Mapping[str, str] = {Kind.IDENTIFY: "person", Kind.GROUP: "group"}


class EventKey(NamedTuple):
    name: str
    kind: str


class PropertyKey(NamedTuple):
    name: str
    subject: str


class ReadingKey(NamedTuple):
    definition: PropertyKey
    type: str


@dataclass(frozen=True, slots=True)
class Seen:
    """How many times, and the times of the earliest and the latest event (UTC)."""

    volume: int
    first: datetime
    last: datetime

    def __or__(self, other: "Seen | None") -> "Seen":
        if other is None:
            return self
        return Seen(self.volume + other.volume, min(self.first, other.first), max(self.last, other.last))


@dataclass(frozen=True, slots=True)
class Observed:
    """What a batch had: each name once; `pairs` says which event had which property."""

    events: dict[EventKey, Seen] = field(default_factory=dict)
    readings: dict[ReadingKey, Seen] = field(default_factory=dict)
    pairs: set[tuple[EventKey, PropertyKey]] = field(default_factory=set)


def observe(events: Sequence[Event], properties: Sequence[Mapping[str, Any]]) -> Observed:
    """Count events and properties; the two sequences are parallel."""
    found = Observed()
    for (kind, name, *rest), seen in _shapes(events, properties):
        event = EventKey(name, kind)
        found.events[event] = seen | found.events.get(event)
        half = len(rest) // 2
        for property_name, type_ in zip(rest[:half], rest[half:], strict=True):
            if type_ in TYPES:
                key = PropertyKey(property_name, _SUBJECTS.get(kind, "event"))
                reading = ReadingKey(key, TYPES[type_])
                found.readings[reading] = seen | found.readings.get(reading)
                found.pairs.add((event, key))
    for place in telling_places(events):
        _observe_traits(found, events[place])
    return found


def _observe_traits(found: Observed, event: Event) -> None:
    """Count the traits of its person that an event of any kind has in its context."""
    seen = Seen(1, moment(event.time), moment(event.time))
    traits, once = in_context(event)
    for name, value in {**once, **traits}.items():
        if type(value) in TYPES:
            reading = ReadingKey(PropertyKey(name, "person"), TYPES[type(value)])
            found.readings[reading] = seen | found.readings.get(reading)


def _shapes(
    events: Sequence[Event], properties: Sequence[Mapping[str, Any]]
) -> Iterable[tuple[tuple[Any, ...], Seen]]:
    """Each shape (kind, name, names of properties, their types) with how often and when it was seen."""
    places: dict[tuple[Any, ...], int] = {}
    codes = [
        places.setdefault((event.kind, event.name, *row, *map(type, row.values())), len(places))
        for event, row in zip(events, properties, strict=True)
    ]
    times = [event.time for event in events]
    table = pa.table({"shape": pa.array(codes, pa.int32()), "time": pa.array(times, pa.int64())})
    counted = table.group_by("shape").aggregate([("time", "count"), ("time", "min"), ("time", "max")])
    shapes = list(places)
    for row in counted.to_pylist():
        yield shapes[row["shape"]], Seen(row["time_count"], moment(row["time_min"]), moment(row["time_max"]))


def moment(micros: int) -> datetime:
    """The time of so many microseconds since 1970, in UTC, without the rounding of a float."""
    return EPOCH + timedelta(microseconds=micros)
