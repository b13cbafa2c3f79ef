"""The numbers of trends, asked of a reading. No Django here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from analytics.kinds.aggregations import Aggregation
from analytics.kinds.cells import cells_of, needs_events, number_of, value_of
from analytics.kinds.events import events_of, fields_of, keep, wanted_of
from analytics.kinds.groups import WHOLE, Group, group_in, grouped, marked, names_of
from analytics.kinds.trends.spec import TrendSeries, TrendsSpec
from analytics.store.base import Reading, Wanted


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
    names = {series.event for series in spec.series}
    events = events_of(reading, wanted(spec), names=names if all(names) else ())
    tables = []
    for place, series in enumerate(spec.series):
        cells = _cells(spec, series, events)
        cells = cells if needs_events(series) else reading.save(f"cells_{place}", cells)
        tables.append(grouped(cells, spec.breakdown))
    groups = [one.groups for one in like] if like else _groups(spec, reading, tables)
    return tuple(
        _series(spec, series, reading, cells, own)
        for series, cells, own in zip(spec.series, tables, groups, strict=True)
    )


def _cells(spec: TrendsSpec, series: TrendSeries, events: ir.Table) -> ir.Table:
    """What a series is computed of, with the number of `events`; of a quantile each event is a cell."""
    events = keep(events, (*spec.filters, *series.filters))
    events = events.filter(events.name == series.event) if series.event else events
    if needs_events(series):
        return events.mutate(events=1)
    return cells_of(events, [series], spec.breakdown, "interval")


def _groups(spec: TrendsSpec, reading: Reading, tables: Sequence[ir.Table]) -> list[tuple[Group, ...]]:
    """The groups of each series; where there are formulas, all have the same."""
    fields = names_of(spec.breakdown)
    # As floats, since an engine may count in more than one kind of whole number.
    counted = [cells.select(*fields, events=cells.events.cast("float64")) for cells in tables]
    if fields and spec.formulas:
        return [_top(reading, ibis.union(*counted), fields, spec.limit)] * len(tables)
    return [_top(reading, cells, fields, spec.limit) for cells in counted]


def _series(
    spec: TrendsSpec, series: TrendSeries, reading: Reading, cells: ir.Table, groups: tuple[Group, ...]
) -> SeriesMeasured:
    fields = names_of(spec.breakdown)
    cells = marked(cells, spec.breakdown, groups)
    value = value_of(cells, series, 0)
    by_interval = reading.rows(cells.group_by([*fields, "interval"]).agg(value=value))
    values = {(group_in(row[:-2]), row[-2]): number_of(row[-1]) for row in by_interval}
    if series.aggregation is Aggregation.TOTAL:
        return SeriesMeasured(groups, values, _sums(values, is_broken_down=bool(fields)))
    in_all = reading.rows(cells.group_by(fields).agg(value=value) if fields else cells.agg(value=value))
    return SeriesMeasured(groups, values, {group_in(row[:-1]): number_of(row[-1]) for row in in_all})


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
