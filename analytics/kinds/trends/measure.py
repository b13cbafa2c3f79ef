"""The numbers of trends, asked of a reading. No Django here."""

import functools
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir

from analytics.kinds.events import events_of, fields_of, keep, wanted_of
from analytics.kinds.expressions import columns_of, group_of
from analytics.kinds.trends.spec import Aggregation, TrendSeries, TrendsSpec
from analytics.store.base import Reading, Wanted
from analytics.store.columns import number_name

# The values of the breakdown's fields; None are the rest.
Group = tuple[str, ...] | None
WHOLE: Group = ()

QUANTILES = {Aggregation.MEDIAN: 0.5, Aggregation.P90: 0.9, Aggregation.P95: 0.95, Aggregation.P99: 0.99}
# The events are read once, into cells: what is alike in its group and interval, and in this as well.
_FURTHER_KEYS = {Aggregation.UNIQUE: "who", Aggregation.PER_PERSON: "who", Aggregation.SESSIONS: "session"}
# What a cell keeps of a number, beside how many events it has.
_PARTS: dict[Aggregation, Callable[[ir.NumericColumn], dict[str, ir.Value]]] = {
    Aggregation.SUM: lambda number: {"sum": number.sum()},
    Aggregation.MEAN: lambda number: {"sum": number.sum(), "count": number.count()},
    Aggregation.MIN: lambda number: {"min": number.min()},
    Aggregation.MAX: lambda number: {"max": number.max()},
}
_OF_CELLS: dict[Aggregation, Callable[[ir.Table], ir.Value]] = {
    Aggregation.TOTAL: lambda cells: cells.events.sum(),
    Aggregation.UNIQUE: lambda cells: cells.who.nunique(),
    Aggregation.SESSIONS: lambda cells: cells.session.nunique(),
    Aggregation.PER_PERSON: lambda cells: cells.events.sum() / cells.who.nunique(),
    Aggregation.SUM: lambda cells: cells["sum"].sum(),
    Aggregation.MEAN: lambda cells: cells["sum"].sum() / cells["count"].sum(),
    Aggregation.MIN: lambda cells: cells["min"].min(),
    Aggregation.MAX: lambda cells: cells["max"].max(),
}


@dataclass(frozen=True, slots=True)
class SeriesMeasured:
    """One series: its groups in order (the rest last), the value of each in each interval and over all."""

    groups: tuple[Group, ...]
    values: Mapping[tuple[Group, int], float | None]
    totals: Mapping[Group, float | None]


def wanted(spec: TrendsSpec) -> Wanted:
    """What trends read."""
    fields = fields_of([spec.filters, *(series.filters for series in spec.series)])
    numbers = {series.property for series in spec.series if series.property}
    counts_sessions = any(series.aggregation is Aggregation.SESSIONS for series in spec.series)
    names = {"name"} if any(series.event for series in spec.series) else set()
    return wanted_of({*fields, *spec.breakdown, *names}) | Wanted(
        numbers=frozenset(numbers), sessions=counts_sessions
    )


def measure(
    spec: TrendsSpec, reading: Reading, like: Sequence[SeriesMeasured] | None = None
) -> tuple[SeriesMeasured, ...]:
    """Every series; with the groups of another measuring, so that the two can be compared."""
    events = events_of(reading, wanted(spec))
    found = []
    for place, series in enumerate(spec.series):
        cells = _cells(spec, series, events)
        if series.aggregation not in QUANTILES:
            cells = reading.save(f"cells_{place}", cells)
        found.append(_series(spec, series, reading, cells, like[place].groups if like else None))
    return tuple(found)


def _cells(spec: TrendsSpec, series: TrendSeries, events: ir.Table) -> ir.Table:
    """What a series is computed of, with the number of `events`; of a quantile each event is a cell."""
    events = keep(events, (*spec.filters, *series.filters))
    events = events.filter(events.name == series.event) if series.event else events
    if series.aggregation in QUANTILES:
        return events.mutate(events=1)
    keys = dict.fromkeys(column for field in spec.breakdown for column in columns_of(field))
    further = _FURTHER_KEYS.get(series.aggregation)
    parts = _PARTS[series.aggregation](events[number_name(series.property)]) if series.property else {}
    return events.group_by([*keys, "interval", *([further] if further else [])]).agg(
        events=events.count(), **parts
    )


def _series(
    spec: TrendsSpec, series: TrendSeries, reading: Reading, cells: ir.Table, like: tuple[Group, ...] | None
) -> SeriesMeasured:
    fields = [f"group_{place}" for place in range(len(spec.breakdown))]
    cells = cells.mutate(
        **{name: group_of(cells, field) for name, field in zip(fields, spec.breakdown, strict=True)}
    )
    groups = like if like is not None else _top(reading, cells, fields, spec.limit)
    marked = _marked(cells, fields, [group for group in groups if group is not None])
    value = _value(marked, series)
    by_interval = reading.rows(marked.group_by([*fields, "interval"]).agg(value=value))
    values = {(_group(row[:-2]), row[-2]): _number(row[-1]) for row in by_interval}
    if series.aggregation is Aggregation.TOTAL:
        return SeriesMeasured(groups, values, _sums(values, is_broken_down=bool(fields)))
    in_all = reading.rows(marked.group_by(fields).agg(value=value) if fields else marked.agg(value=value))
    return SeriesMeasured(groups, values, {_group(row[:-1]): _number(row[-1]) for row in in_all})


def _sums(values: Mapping[tuple[Group, int], float | None], *, is_broken_down: bool) -> dict[Group, float | None]:
    """Of a count, the whole is the sum of its intervals, which need not be read again."""
    found: dict[Group, float | None] = {} if is_broken_down else {WHOLE: 0.0}
    for (group, _), value in values.items():
        found[group] = (found.get(group) or 0.0) + (value or 0.0)
    return found


def _top(reading: Reading, cells: ir.Table, fields: Sequence[str], limit: int) -> tuple[Group, ...]:
    """The groups with the most events, then by value; None at the end if there are others."""
    if not fields:
        return (WHOLE,)
    counted = cells.group_by(fields).agg(events=cells.events.sum())
    found = reading.rows(counted.order_by(ibis.desc("events"), *fields).limit(limit + 1))
    groups: list[Group] = [tuple(row[:-1]) for row in found[:limit]]
    return (*groups, None) if len(found) > limit else tuple(groups)


def _marked(cells: ir.Table, fields: Sequence[str], groups: Sequence[tuple[str, ...]]) -> ir.Table:
    """The cells with NULL for the group of those that are in none of these."""
    if not fields:
        return cells
    is_one = ibis.literal(False)
    if groups:
        is_one = functools.reduce(
            operator.or_,
            (
                functools.reduce(
                    operator.and_, (cells[field] == part for field, part in zip(fields, group, strict=True))
                )
                for group in groups
            ),
        )
    return cells.mutate(**{field: is_one.ifelse(cells[field], ibis.null("string")) for field in fields})


def _value(cells: ir.Table, series: TrendSeries) -> ir.Value:
    if series.aggregation in QUANTILES:
        return cells[number_name(series.property)].quantile(QUANTILES[series.aggregation])
    return _OF_CELLS[series.aggregation](cells)


def _group(parts: Sequence[str | None]) -> Group:
    texts = tuple(part for part in parts if part is not None)
    return texts if len(texts) == len(parts) else None


def _number(value: Any) -> float | None:
    return None if value is None or value != value else float(value)  # noqa: PLR0124 (NaN: per person of nobody)
