"""What may be asked of the lists of people and of groups. No Django here."""

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, PrivateAttr, field_validator

from analytics.kinds.base import By, Spec
from analytics.kinds.events import EventFilters

PEOPLE_DEFINITION = (
    "Everybody with an event in the period that passes the filters: the times of their first and their last such "
    "event, how many there are, in how many sessions, and the country, source and device of the last of these "
    "sessions to begin. Sessions are formed from all of a person's events inside the period (30 minutes, 24 "
    "hours). Traits are those known now. A search finds who has the text in one of their ids, in their name or "
    "in their e-mail address, upper and lower case alike; who has no traits and no second id is found by the "
    "whole id only, and of more than a thousand some are left out."
)
GROUPS_DEFINITION = (
    "Every group that an event in the period names and that passes the filters: the times of the first and the "
    "last such event, how many there are, of how many people, in how many sessions. Sessions are formed from all "
    "of a person's events inside the period (30 minutes, 24 hours). Traits are those known now. A search finds "
    "groups with the text in their id or in their name, upper and lower case alike; of more than a thousand that "
    "have it in the name, some are left out."
)
# Ids that may be asked for at once.
MOST_IDS = 1_000
_CURSOR = re.compile(r"(-?[0-9]{1,16})\.(.+)", re.DOTALL)

Identifier = Annotated[str, Field(max_length=1000)]


class Direction(StrEnum):
    DESCENDING = "descending"
    ASCENDING = "ascending"


class PersonSort(StrEnum):
    LAST_SEEN = "last_seen"
    FIRST_SEEN = "first_seen"
    EVENTS = "events"
    SESSIONS = "sessions"


class GroupSort(StrEnum):
    LAST_SEEN = "last_seen"
    FIRST_SEEN = "first_seen"
    EVENTS = "events"
    SESSIONS = "sessions"
    PEOPLE = "people"


class ProfilesSpec(Spec):
    """What both lists have."""

    filters: EventFilters = Field(default=(), max_length=50)
    search: str = Field(default="", max_length=200, description="A part of an id, a name or an e-mail address.")
    among: tuple[Identifier, ...] | None = Field(
        default=None, max_length=MOST_IDS, description="Only these, by the ids that they go by."
    )
    direction: Direction = Field(default=Direction.DESCENDING, description="Whether the largest come first.")
    limit: int = Field(default=50, ge=1, le=200, description="Rows of a page.")
    after: str = Field(default="", max_length=1100, description="The `next` of the page before.")

    # Those that a search finds in the database, which this module cannot ask.
    _found: tuple[str, ...] = PrivateAttr(default=())

    @property
    def found(self) -> tuple[str, ...]:
        return self._found

    def having_found(self, found: Iterable[str]) -> Self:
        """The same question, with the ids that its search finds beside those that the events tell."""
        copied = self.model_copy()
        copied._found = tuple(found)
        return copied

    @field_validator("after")
    @classmethod
    def _is_cursor(cls, after: str) -> str:
        if after:
            place_of(after)
        return after


class PeopleSpec(ProfilesSpec):
    """People one by one, a page at a time."""

    definition: ClassVar[str] = PEOPLE_DEFINITION

    kind: Literal["people"] = "people"
    sort: PersonSort = Field(default=PersonSort.LAST_SEEN, description="What people are ordered by.")

    @field_validator("after")
    @classmethod
    def _is_of_people(cls, after: str) -> str:
        if after and not re.fullmatch(r"[0-9]{1,19}", place_of(after)[1]):
            raise ValueError("Take the `next` of a page.")
        return after


class GroupsSpec(ProfilesSpec):
    """Groups (accounts, companies) one by one, a page at a time."""

    definition: ClassVar[str] = GROUPS_DEFINITION

    kind: Literal["groups"] = "groups"
    sort: GroupSort = Field(default=GroupSort.LAST_SEEN, description="What groups are ordered by.")

    @field_validator("by")
    @classmethod
    def _always_counts_people(cls, _by: By) -> By:
        """Rows are groups in any case, and what they have is people."""
        return By.PERSON


# What a page is ordered by, and the person's number or the group; times in microseconds since 1970.
Place = tuple[int, str]


def place_of(cursor: str) -> Place:
    """The place that a page follows; raises ValueError for what is no cursor."""
    found = _CURSOR.fullmatch(cursor)
    if found is None:
        raise ValueError("Take the `next` of a page.")
    return int(found[1]), found[2]


def cursor_of(place: Place) -> str:
    return f"{place[0]}.{place[1]}"
