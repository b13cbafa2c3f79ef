"""What of a project's data is not for everybody: names of properties and traits. No Django here.

A name that is marked for any subject is left out of the JSON of every event, at any depth: what an identify or a
group event has as properties are traits, and an object of another name cannot carry them along.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from analytics.fields import GROUP_TRAIT_PREFIX, PERSON_TRAIT_PREFIX, PROPERTY_PREFIX

# Fields of specs that hold the bare name of a property of events.
_OF_PROPERTY = "property"


@dataclass(frozen=True, slots=True)
class Hidden:
    """The names that an asker may not see: properties of events, traits of people, traits of groups."""

    events: frozenset[str] = frozenset()
    people: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.events or self.people or self.groups)

    def __le__(self, other: "Hidden") -> bool:
        """Whether nothing is hidden here that is not hidden there."""
        return self.events <= other.events and self.people <= other.people and self.groups <= other.groups

    @property
    def in_events(self) -> frozenset[str]:
        """The names that are left out of an event's properties and context."""
        return self.events | self.people | self.groups

    @property
    def fields(self) -> frozenset[str]:
        """The fields that may not be asked about, as filters and breakdowns call them."""
        named = (
            (PROPERTY_PREFIX, self.in_events),
            (PERSON_TRAIT_PREFIX, self.people),
            (GROUP_TRAIT_PREFIX, self.groups),
        )
        return frozenset(f"{prefix}{name}" for prefix, names in named for name in names)

    def as_json(self) -> dict[str, list[str]]:
        return {name: sorted(getattr(self, name)) for name in self.__slots__}

    @classmethod
    def from_json(cls, found: Mapping[str, Iterable[str]]) -> "Hidden":
        return cls(**{name: frozenset(names) for name, names in found.items()})


NOTHING = Hidden()


def naming(spec: Any, hidden: Hidden) -> dict[str, str]:
    """Where a spec, or its JSON, asks about what is hidden: the path of each such place, and the field."""
    fields = hidden.fields
    return {path: field for path, field in _fields(spec, "", of_property=False) if hidden and field in fields}


def _fields(value: Any, path: str, *, of_property: bool) -> Iterator[tuple[str, str]]:
    """Every text of a spec, with its path, as a field; most of them are none."""
    if isinstance(value, BaseModel):
        for name, info in type(value).model_fields.items():
            inner = f"{path}.{info.alias or name}".removeprefix(".")
            yield from _fields(getattr(value, name), inner, of_property=name.endswith(_OF_PROPERTY))
    elif isinstance(value, Mapping):
        for key, item in value.items():
            inner = f"{path}.{key}".removeprefix(".")
            yield from _fields(item, inner, of_property=str(key).endswith(_OF_PROPERTY))
    elif isinstance(value, tuple | list | frozenset):
        for place, item in enumerate(value):
            yield from _fields(item, f"{path}.{place}".removeprefix("."), of_property=of_property)
    elif isinstance(value, str) and value:
        is_bare = of_property and not value.startswith(PROPERTY_PREFIX)
        yield path, f"{PROPERTY_PREFIX}{value}" if is_bare else str(value)
