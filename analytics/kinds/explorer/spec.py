"""What may be asked of the explorer of events. No Django here."""

import re
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Literal, Self

from pydantic import Field, PrivateAttr, field_validator

from analytics.contracts import PUBLIC
from analytics.kinds.base import Spec
from analytics.kinds.events import EventFilters
from analytics.store.base import EPOCH, micros

DEFINITION = (
    "The single events of the period that pass the filters, the newest or the oldest first; of one instant in the "
    "order of their message ids. Columns are as the events have them; a filter on source, channel, campaign, "
    "referrer, country, device, browser or system looks at what the session has, formed from all of a person's "
    "events inside the period (30 minutes, 24 hours). Each word of a search is found in the name, the path or the "
    "properties as JSON, upper and lower case alike; for somebody who may not see a sensitive property, in the "
    "name and the path only. Pages follow each other by time and message id, so that events that arrive meanwhile "
    "shift nothing."
)
MESSAGE_ID = "message_id"
MOST_WORDS = 10
# A message id is what a client says, and may hold anything.
_CURSOR = re.compile(r"(-?[0-9]{1,16})\.(.+)", re.DOTALL)
COLUMNS = tuple(name for name in PUBLIC if name not in {MESSAGE_ID, "time"})


class Order(StrEnum):
    NEWEST = "newest"
    OLDEST = "oldest"


def _known_column(name: str) -> str:
    if name not in COLUMNS:
        raise ValueError(f"Unknown column; one of {', '.join(COLUMNS)}.")
    return name


class EventsSpec(Spec):
    """Events one by one, a page at a time."""

    definition: ClassVar[str] = DEFINITION

    kind: Literal["events"] = "events"
    filters: EventFilters = Field(default=(), max_length=50)
    of: str = Field(
        default="", max_length=1000, description="Only events of this person, by the id that they go by."
    )
    search: str = Field(default="", max_length=200, description="Words in the name, the path or the properties.")
    order: Order = Field(default=Order.NEWEST, description="What comes first.")
    columns: tuple[str, ...] = Field(
        default=("kind", "name", "person", "path", "source", "country", "device", "properties"),
        max_length=len(COLUMNS),
        description="What is shown of an event beside its time and message id.",
    )
    limit: int = Field(default=50, ge=1, le=200, description="Events of a page.")
    after: str = Field(default="", max_length=1100, description="The `next` of the page before.")
    count: bool = Field(default=False, description="Whether to count all that there are, on every page.")

    # Names of properties that who asks may not see.
    _left_out: frozenset[str] = PrivateAttr(default=frozenset())

    @property
    def left_out(self) -> frozenset[str]:
        return self._left_out

    def leaving_out(self, names: frozenset[str]) -> Self:
        """The same question, which shows no property of these names and searches none at all."""
        copied = self.model_copy()
        copied._left_out = names
        return copied

    @field_validator("columns")
    @classmethod
    def _known(cls, columns: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(columns)) < len(columns):
            raise ValueError("Show a column once.")
        return tuple(map(_known_column, columns))

    @field_validator("search")
    @classmethod
    def _few_words(cls, search: str) -> str:
        if len(search.split()) > MOST_WORDS:
            raise ValueError(f"At most {MOST_WORDS} words.")
        return search

    @field_validator("after")
    @classmethod
    def _is_cursor(cls, after: str) -> str:
        if after:
            place_of(after)
        return after


Place = tuple[datetime, str]


def place_of(cursor: str) -> Place:
    """The time and the message id that a page follows; raises ValueError for what is no cursor."""
    found = _CURSOR.fullmatch(cursor)
    if found is None:
        raise ValueError("Take the `next` of a page.")
    return EPOCH + timedelta(microseconds=int(found[1])), found[2]


def cursor_of(place: Place) -> str:
    return f"{micros(place[0])}.{place[1]}"
