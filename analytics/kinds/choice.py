"""A choice of events, as a step of a funnel is one: a name, and filters. No Django here."""

from collections.abc import Iterable, Sequence, Set

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


def fields_of_choices(choices: Sequence[Choice], filters: Filters = ()) -> set[str]:
    """The fields that the choices, and filters over all of them, look at."""
    names = {"name"} if any(choice.event for choice in choices) else set()
    return fields_of([filters, *(choice.filters for choice in choices)]) | names


def event_names(choices: Iterable[Choice]) -> frozenset[str]:
    """The names that events of these choices have; none where they may have any."""
    names = frozenset(choice.event for choice in choices)
    return frozenset() if "" in names else names


def named(events: ir.Table, names: frozenset[str]) -> ir.Table:
    """The events of these names, if there are any: an engine passes over others without looking further."""
    return events.filter(events.name.isin(sorted(names))) if names else events


def fits(events: ir.Table, choice: Choice, names: frozenset[str] = frozenset()) -> ir.BooleanValue:
    """Whether an event, of these names if there are any, is one of the choice; never NULL."""
    if choice.event and names and choice.event not in names:
        return ibis.literal(False)
    fitting = passes(events, choice.filters)
    if not choice.event or names == {choice.event}:
        return fitting
    return (events.name == choice.event) & fitting


def places(events: ir.Table, choices: Sequence[Choice]) -> ir.IntegerValue:
    """The choices that an event fits, as bits: 1 for the first, 2 for the second, 4 for the third.

    One look at the name decides which of them are left: there may be very many events.
    """
    of_any = _bits(events, choices, {""})
    arms = [
        (events.name == name, _bits(events, choices, {"", name}))
        for name in dict.fromkeys(choice.event for choice in choices if choice.event)
    ]
    return ibis.cases(*arms, else_=of_any) if arms else of_any


def _bits(events: ir.Table, choices: Sequence[Choice], names: Set[str]) -> ir.IntegerValue:
    """The bits of the choices of these names whose filters an event passes."""
    none = ibis.literal(0, "int64")
    found: ir.IntegerValue = none
    for place, choice in enumerate(choices):
        if choice.event in names:
            found = found + passes(events, choice.filters).ifelse(ibis.literal(1 << place, "int64"), none)
    return found
