"""Which value a trait has, when people and groups are described more than once. No Django here.

Traits are the properties of an identify (of a person) and of a group (of a group); and an event of any kind may
tell traits of its person in the context, as the object `traits`. For each trait alone:

- The value of the latest event wins, by the time of the event and not of its arrival; of two at the same time the
  one that arrived later.
- Null unsets a trait. Unsetting is a value like any other: an older event does not bring the trait back.
- `context.set_once`, an object of traits, gives values to traits that nobody has set: any value that was set or
  unset wins over it, whenever that was; of several the one of the earliest event wins.

So each value has a rank, a whole number, and the highest rank wins. When two become one person, the same rule
holds between their values, and of two at the same time the one of the person who stays wins.

A value of more than `LONGEST_VALUE` bytes as JSON is not kept: it unsets the trait. Of more than `MOST_TRAITS`
names the ones beyond are not kept as traits. Both remain in the events.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

import msgspec

from analytics.contracts import Event

MOST_TRAITS = 255
LONGEST_VALUE = 4096
# Lower than any time in microseconds, and so far that what is ranked below keeps its order within 64 bits.
_ONCE = -(2**62)

_encode = msgspec.json.Encoder().encode


class _Context(msgspec.Struct, gc=False):
    traits: Any = None
    set_once: Any = None


_read = msgspec.json.Decoder(_Context).decode


def telling_places(events: Sequence[Event]) -> Sequence[int]:
    """The places of the events whose context may tell traits; most do not, and many have the same."""
    contexts = set(filter(_may_tell, {event.context for event in events}))
    return [place for place, event in enumerate(events) if event.context in contexts] if contexts else ()


def _may_tell(context: str) -> bool:
    return '"set_once"' in context or '"traits"' in context


def in_context(event: Event) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The traits that the context tells of the event's person: those that are set, and those that are set once.

    A context that is no JSON object tells nothing.
    """
    if not _may_tell(event.context):
        return {}, {}
    try:
        told = _read(event.context)
    except msgspec.MsgspecError:
        return {}, {}
    return _object(told.traits), _object(told.set_once)


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def rank(time: int, *, once: bool = False) -> int:
    """The rank of a value given at this time (microseconds since 1970)."""
    return _ONCE - time if once else time


@dataclass(slots=True)
class Profile:
    """Traits and their ranks, and the times of the earliest and the latest event that set some (UTC)."""

    traits: dict[str, Any] = field(default_factory=dict)
    ranks: dict[str, int] = field(default_factory=dict)
    first_seen: datetime | None = None
    last_seen: datetime | None = None

    def learn(self, traits: Mapping[str, Any], time: int, *, once: bool = False) -> bool:
        """Take in the traits of an event of this time, in the order of arrival; whether that changed anything."""
        taken = [
            self._give(name, _fitting(value), rank(time, once=once))
            for name, value in traits.items()
            if not (once and value is None)
        ]
        return any(taken)

    def seen(self, moment: datetime) -> None:
        """Note that an event of this time set traits."""
        self.first_seen = min(moment, self.first_seen or moment)
        self.last_seen = max(moment, self.last_seen or moment)

    def and_then(self, other: Self) -> Self:
        """This profile with all of another, who stays where both are one from now on."""
        for name, value in other.ranks.items():
            self._give(name, other.traits.get(name), value)
        for moment in (other.first_seen, other.last_seen):
            if moment is not None:
                self.seen(moment)
        return self

    def _give(self, name: str, value: Any, rank: int) -> bool:
        have = self.ranks.get(name)
        if have is None and len(self.ranks) >= MOST_TRAITS:
            return False
        if have is not None and (rank < have or (rank == have and rank < _ONCE // 2)):
            return False
        self.ranks[name] = rank
        if value is None:
            self.traits.pop(name, None)
        else:
            self.traits[name] = value
        return True


def _fitting(value: Any) -> Any:
    if isinstance(value, str | list | dict) and len(_encode(value)) > LONGEST_VALUE:
        return None
    return value
