"""What all query kinds share: the common fields of a spec, and what a kind is. No Django here."""

import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Generic, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from analytics.kinds.filters import Filters
from analytics.kinds.frame import Frame
from analytics.periods import Period, Span
from analytics.store.base import Range, Reading, Wanted


class By(StrEnum):
    """Whose numbers are asked for: of people, or of groups (accounts, companies)."""

    PERSON = "person"
    GROUP = "group"


BY_GROUP = (
    "By group, every person is read as a group: an event is of the group that it names, and events that name none "
    "are left out. Sessions are still formed of a person's events; a session is of the group of its first event "
    "that names one."
)

Read = Callable[[Range, Wanted], AbstractContextManager[Reading]]


class Spec(BaseModel):
    """What every question has: its kind, its days, and what is kept of them. `definition` says what is counted.

    A kind with a comparison or with intervals adds the fields `compare` and `interval` (`frame.frame_of`).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    definition: ClassVar[str]

    kind: str
    period: Period
    filters: Filters = Field(default=(), max_length=50)
    by: By = Field(default=By.PERSON, description="Whose numbers: people's, or groups'.")

    def leaving_out(self, names: frozenset[str]) -> Self:  # noqa: ARG002 (for kinds that show whole events)
        """The question of somebody who may not see properties of these names, none of which it names itself."""
        return self


def holds_nul(spec: Mapping[str, Any]) -> bool:
    """Whether the character NUL, which no database keeps, is anywhere in a spec's JSON."""
    return "\\u0000" in json.dumps(spec)


SpecT = TypeVar("SpecT", bound=Spec)


@dataclass(frozen=True, slots=True)
class Kind(Generic[SpecT]):
    """A query kind: its spec, its answer, and an example as a client would send it.

    `answer` gives an instance of `result`, a frozen dataclass; its `read` loads any range of the project's
    events within what `reach` says, or within the frame's ranges where there is no `reach`. `turns` are the
    moments at which an answer becomes another by itself, beside the ends of the frame's intervals. `table`
    gives a result's rows where `tabular.rows_of` would not give them well.
    """

    spec: type[SpecT]
    result: type
    answer: Callable[[SpecT, Frame, Read], Any]
    example: Mapping[str, Any]
    reach: Callable[[SpecT, Frame], Span] | None = None
    turns: Callable[[SpecT, Frame], Iterable[datetime]] | None = None
    table: Callable[[Any], Iterable[Mapping[str, Any]]] | None = None

    @property
    def name(self) -> str:
        return str(self.spec.model_fields["kind"].default)

    def turned(self, spec: SpecT, frame: Frame) -> int:
        """How many of the moments are past at which an answer becomes another."""
        return sum(moment <= frame.now for moment in self.turns(spec, frame)) if self.turns else 0

    def span(self, spec: SpecT, frame: Frame) -> Span:
        """What may be read for a spec."""
        if self.reach is not None:
            return self.reach(spec, frame)
        spans = [item.span for item in frame.ranges]
        return Span(min(span.start for span in spans), max(span.end for span in spans))
