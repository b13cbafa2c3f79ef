"""Aggregations of events that are read once. No Django here.

The events become cells: what is alike in its keys, with as many parts of it as the aggregations need. Every
number of a group, of the others and of the whole is then taken from the cells, which are few. A quantile needs
each event.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import ibis.expr.types as ir

from analytics.kinds.aggregations import QUANTILES, Aggregated, Aggregation
from analytics.kinds.expressions import columns_of
from analytics.store.columns import number_name

# An aggregation tells these apart as well.
_KEYS = {Aggregation.UNIQUE: "who", Aggregation.PER_PERSON: "who", Aggregation.SESSIONS: "session"}
# What a cell keeps of a number, beside how many events it has.
_PARTS: dict[Aggregation, Callable[[ir.NumericColumn], dict[str, ir.Value]]] = {
    Aggregation.SUM: lambda number: {"sum": number.sum()},
    Aggregation.MEAN: lambda number: {"sum": number.sum(), "count": number.count()},
    Aggregation.MIN: lambda number: {"min": number.min()},
    Aggregation.MAX: lambda number: {"max": number.max()},
}
_OF_EVENTS: dict[Aggregation, Callable[[ir.Table], ir.Value]] = {
    Aggregation.TOTAL: lambda cells: cells.events.sum(),
    Aggregation.UNIQUE: lambda cells: cells.who.nunique(),
    Aggregation.SESSIONS: lambda cells: cells.session.nunique(),
    Aggregation.PER_PERSON: lambda cells: cells.events.sum() / cells.who.nunique(),
}
_OF_NUMBERS: dict[Aggregation, Callable[[Callable[[str], Any]], ir.Value]] = {
    Aggregation.SUM: lambda part: part("sum").sum(),
    Aggregation.MEAN: lambda part: part("sum").sum() / part("count").sum(),
    Aggregation.MIN: lambda part: part("min").min(),
    Aggregation.MAX: lambda part: part("max").max(),
}


def needs_events(measure: Aggregated) -> bool:
    """Whether it is taken of events, not of cells."""
    return measure.aggregation in QUANTILES


def cells_of(events: ir.Table, measures: Sequence[Aggregated], fields: Iterable[str], *keys: str) -> ir.Table:
    """The cells for these aggregations, told apart by what `group_of` needs of the fields, and by columns."""
    of_fields = [column for field in fields for column in columns_of(field)]
    of_measures = [_KEYS[item.aggregation] for item in measures if item.aggregation in _KEYS]
    parts = {
        _part(place, name): value
        for place, item in enumerate(measures)
        if item.aggregation in _PARTS
        for name, value in _PARTS[item.aggregation](events[number_name(item.property)]).items()
    }
    grouped = list(dict.fromkeys([*of_fields, *keys, *of_measures]))
    counts = {"events": events.count(), **parts}
    return events.group_by(grouped).agg(**counts) if grouped else events.agg(**counts)


def value_of(table: ir.Table, measure: Aggregated, place: int) -> ir.Value:
    """The aggregation that was the `place`-th of the cells', over cells, or over events where it needs those."""
    aggregation = measure.aggregation
    if aggregation in QUANTILES:
        return table[number_name(measure.property)].quantile(QUANTILES[aggregation])
    if aggregation in _OF_EVENTS:
        return _OF_EVENTS[aggregation](table)
    return _OF_NUMBERS[aggregation](lambda name: table[_part(place, name)])


def number_of(value: Any) -> float | None:
    """A value of the engine as a number; None for nothing (NaN: events per person of nobody)."""
    return None if value is None or value != value else float(value)  # noqa: PLR0124


def _part(place: int, name: str) -> str:
    return f"{name}_{place}"
