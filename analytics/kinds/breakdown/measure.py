"""The numbers of a breakdown, asked of a reading. No Django here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from analytics.kinds.aggregations import ZERO_OF_NOTHING, Aggregation
from analytics.kinds.breakdown.spec import BreakdownSpec
from analytics.kinds.cells import cells_of, needs_events, number_of, value_of
from analytics.kinds.events import events_of, fields_of, keep, wanted_of
from analytics.kinds.groups import WHOLE, Group, group_in, grouped, marked, names_of
from analytics.store.base import Reading, Wanted

Numbers = tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Measured:
    """The groups in order (the others last), how many there are, and the numbers of each and of the whole."""

    groups: tuple[Group, ...]
    count: int
    values: Mapping[Group, Numbers]


def wanted(spec: BreakdownSpec) -> Wanted:
    """What a breakdown reads."""
    numbers = {column.property for column in spec.columns if column.property}
    counts_sessions = any(column.aggregation is Aggregation.SESSIONS for column in spec.columns)
    names = {"name"} if spec.event else set()
    return wanted_of({*fields_of([spec.filters]), *spec.breakdown, *names}) | Wanted(
        numbers=frozenset(numbers), sessions=counts_sessions
    )


def measure(spec: BreakdownSpec, reading: Reading, like: Sequence[Group] | None = None) -> Measured:
    """Every row; with the groups of another measuring, so that the two can be compared."""
    names = [spec.event] if spec.event else []
    asked_once = not any(map(needs_events, spec.columns))
    events = keep(events_of(reading, wanted(spec), names=names, is_asked_once=asked_once), spec.filters)
    tables = {False: reading.save("cells", cells_of(events, spec.columns, spec.breakdown)), True: events}
    tables = {is_events: grouped(table, spec.breakdown) for is_events, table in tables.items()}
    groups, count = (tuple(like), 0) if like is not None else _top(spec, reading, tables)
    found: dict[Group, dict[int, float | None]] = {group: {} for group in (WHOLE, *groups)}
    for is_events, table in tables.items():
        places = [place for place, column in enumerate(spec.columns) if needs_events(column) is is_events]
        for group, numbers in _numbers(spec, reading, table, groups, places):
            found.setdefault(group, {}).update(zip(places, numbers, strict=True))
    columns = range(len(spec.columns))
    return Measured(groups, count, {group: tuple(own.get(at) for at in columns) for group, own in found.items()})


def _top(spec: BreakdownSpec, reading: Reading, tables: Mapping[bool, ir.Table]) -> tuple[tuple[Group, ...], int]:
    """The groups with the most of the first column, then by value; None at the end if there are others."""
    names, first = names_of(spec.breakdown), spec.columns[0]
    table = tables[needs_events(first)]
    value = value_of(table, first, 0)
    ranked = table.group_by(names).agg(value=value.fill_null(0) if first.aggregation in ZERO_OF_NOTHING else value)
    ranked = ranked.mutate(groups=ibis._.count().over(ibis.window()))
    rows = reading.rows(ranked.order_by(ibis.desc("value", nulls_first=False), *names).limit(spec.limit))
    groups: list[Group] = [tuple(row[:-2]) for row in rows]
    count = rows[0][-1] if rows else 0
    return (*groups, None) if count > len(groups) else tuple(groups), count


def _numbers(
    spec: BreakdownSpec, reading: Reading, table: ir.Table, groups: Sequence[Group], places: Sequence[int]
) -> list[tuple[Group, Numbers]]:
    """The numbers of these columns for each group, and for the whole."""
    if not places:
        return []
    table = marked(table, spec.breakdown, groups)
    values = {f"value_{place}": value_of(table, spec.columns[place], place) for place in places}
    names = names_of(spec.breakdown)
    rows = reading.rows(table.group_by(names).agg(**values))
    found = {group_in(row[: len(names)]): row[len(names) :] for row in rows}
    found[WHOLE] = reading.rows(table.agg(**values))[0]
    return [(group, tuple(map(number_of, row))) for group, row in found.items()]
