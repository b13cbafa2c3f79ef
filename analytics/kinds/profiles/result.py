"""What the lists of people and of groups answer. No Django here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A person by the id that they go by; country, source and device are of their last session, or empty."""

    person: str
    first_seen: datetime
    last_seen: datetime
    events: int
    sessions: int
    country: str
    source: str
    device: str
    traits: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A group by its id, as its events name it."""

    group: str
    first_seen: datetime
    last_seen: datetime
    events: int
    sessions: int
    people: int
    traits: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PeopleResult:
    """A page of people, and how many there are in all; `next` is the cursor of the next page, or empty."""

    people: tuple[PersonRow, ...]
    next: str
    total: int


@dataclass(frozen=True, slots=True)
class GroupsResult:
    """A page of groups, and how many there are in all; `next` is the cursor of the next page, or empty."""

    groups: tuple[GroupRow, ...]
    next: str
    total: int
