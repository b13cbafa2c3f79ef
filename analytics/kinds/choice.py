"""A choice of events, as a step of a funnel is one: a name, and filters. No Django here."""

from collections.abc import Iterable, Sequence

import ibis
import ibis.expr.types as ir
from pydantic import BaseModel, ConfigDict, Field

from analytics.kinds.events import EventFilters, fields_of, passes
from analytics.kinds.filters import Filters


class Choice(BaseModel):
    """The events of a name, or of any, that pass the filters."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    event: str = Field(default="", max_length=500, description="The name of the events; any if empty.")
    filters: EventFilters = Field(default=(), max_length=50)


def fields_of_choices(choices: Iterable[Choice], filters: Filters = ()) -> set[str]:
    """The fields that the choices, and filters over all of them, look at."""
    return fields_of([filters, *(choice.filters for choice in choices)]) | {"name"}


def fits(events: ir.Table, choice: Choice) -> ir.BooleanValue:
    """Whether an event is one of the choice; never NULL."""
    fitting = passes(events, choice.filters)
    return (events.name == choice.event) & fitting if choice.event else fitting


def places(events: ir.Table, choices: Sequence[Choice]) -> ir.IntegerValue:
    """The choices that an event fits, as bits: 1 for the first, 2 for the second, 4 for the third."""
    found: ir.IntegerValue = ibis.literal(0, "int64")
    for place, choice in enumerate(choices):
        found = found + fits(events, choice).ifelse(ibis.literal(1 << place, "int64"), ibis.literal(0, "int64"))
    return found


def named(events: ir.Table, choices: Sequence[Choice]) -> ir.Table:
    """Without events whose name is none of the choices': an engine passes over those without looking further."""
    names = {choice.event for choice in choices}
    return events if "" in names else events.filter(events.name.isin(sorted(names)))
