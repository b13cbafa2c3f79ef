"""What may be asked of a breakdown. No Django here."""

from typing import ClassVar, Literal

from pydantic import Field, field_validator

from analytics.kinds.aggregations import Aggregated, Aggregation
from analytics.kinds.base import Spec
from analytics.kinds.events import EventField, EventFilters
from analytics.periods import Compare

DEFINITION = (
    "The events of the period that pass the filters, by the values of one or two fields. For each value (or "
    "pair): the number of events, the distinct people, the distinct sessions with such an event, events per "
    "person, or a statistic of a numeric property, which is empty where no event has it. Rows are ordered by "
    "the first column, the largest first, what is empty last, and equal ones by their values; those beyond the "
    "limit are together Other. The total is taken over all events: people who are in several rows count once in "
    "it. A share is the first column's part of its total, for numbers of events, people and sessions, and for "
    "sums. Sessions, and what an event has from its session, are as in trends. In the compared period, the rows "
    "are those of this one."
)


class BreakdownSpec(Spec):
    """A table over the events of a period."""

    definition: ClassVar[str] = DEFINITION

    kind: Literal["breakdown"] = "breakdown"
    compare: Compare = Field(default=Compare.NONE, description="The period whose numbers stand beside these.")
    filters: EventFilters = Field(default=(), max_length=50, description="Which events count.")
    event: str = Field(default="", max_length=500, description="The name of the events; any if empty.")
    breakdown: tuple[EventField, ...] = Field(
        min_length=1, max_length=2, description="The fields whose values are the rows."
    )
    columns: tuple[Aggregated, ...] = Field(
        default=(Aggregated(), Aggregated(aggregation=Aggregation.UNIQUE)),
        min_length=1,
        max_length=10,
        description="The numbers of each row; the first is what rows are ordered by.",
    )
    limit: int = Field(default=10, ge=1, le=1000, description="Rows, before Other.")

    @field_validator("breakdown")
    @classmethod
    def _each_once(cls, fields: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(fields)) < len(fields):
            raise ValueError("Break down by a field once.")
        return fields
