"""The numbers of drivers, asked of the reading of one period. No Django here."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from analytics.fields import SESSION_FIELDS
from analytics.kinds.drivers.spec import DriversSpec, Metric
from analytics.kinds.events import events_of, fields_of, keep, wanted_of
from analytics.kinds.expressions import columns_of, group_of
from analytics.store.base import Reading, Wanted
from analytics.store.columns import number_name

# Values of a dimension that are looked at, of each period.
MOST_VALUES = 1_000
# What is counted once, and so for one value.
_COUNTED_ONCE = {Metric.UNIQUE: "who", Metric.SESSIONS: "session"}


@dataclass(frozen=True, slots=True)
class Values:
    """The largest values of a dimension; `are_all` if it has no others."""

    numbers: dict[str, float]
    are_all: bool


class Measured:
    """One period: the whole, and what of it is of each value of a dimension."""

    def __init__(self, reading: Reading, whole: float, tables: dict[str, ir.Table]) -> None:
        self._reading, self._tables = reading, tables
        self.whole = whole

    def largest(self, field: str) -> Values:
        table = self._tables[field]
        rows = self._reading.rows(table.order_by([ibis.desc(table.number.abs()), "value"]).limit(MOST_VALUES + 1))
        numbers = {value: float(number) for value, number in rows[:MOST_VALUES]}
        return Values(numbers, len(rows) <= MOST_VALUES)

    def of(self, field: str, values: Collection[str]) -> dict[str, float]:
        """The numbers of some values; without those that do not occur."""
        table = self._tables[field]
        return {
            value: float(number)
            for value, number in self._reading.rows(table.filter(table["value"].isin(sorted(values))))
        }


def wanted(spec: DriversSpec) -> Wanted:
    """What drivers read."""
    of_sessions = frozenset(_of_sessions(spec))
    needed = Wanted(sessions=bool(of_sessions), session_fields=of_sessions)
    return _of_events(spec) | needed


def _of_sessions(spec: DriversSpec) -> list[str]:
    return [field for field in spec.dimensions if field in SESSION_FIELDS]


def _of_events(spec: DriversSpec) -> Wanted:
    """What is read of each event: session's fields as dimensions are of sessions, which are fewer."""
    fields = {field for field in spec.dimensions if field not in SESSION_FIELDS}
    names = {"name"} if spec.event else set()
    numbers = frozenset({spec.property} if spec.property else ())
    needs_sessions = spec.metric is Metric.SESSIONS or bool(_of_sessions(spec))
    return wanted_of({*fields_of([spec.filters]), *fields, *names}) | Wanted(
        numbers=numbers, sessions=needs_sessions
    )


def measure(spec: DriversSpec, reading: Reading) -> Measured:
    events = keep(events_of(reading, _of_events(spec)), spec.filters)
    events = events.filter(events["name"] == spec.event) if spec.event else events
    key = _COUNTED_ONCE.get(spec.metric)
    whole, numbers = _once(spec, reading, events, key) if key else _summed(spec, reading, events)
    tables = {field: reading.save(f"by_{place}", numbers(field)) for place, field in enumerate(spec.dimensions)}
    return Measured(reading, whole, tables)


Numbers = Callable[[str], ir.Table]


def _summed(spec: DriversSpec, reading: Reading, events: ir.Table) -> tuple[float, Numbers]:
    """Of what adds up over events."""

    def number(of: ir.Table) -> ir.NumericValue:
        if spec.property:
            return ibis.coalesce(of[number_name(spec.property)].sum(), 0.0)
        return of.count()

    of_sessions = _of_sessions(spec)
    sessions = events
    if of_sessions:
        found = events.group_by("session").agg(number=number(events))
        fields = reading.sessions.select("session", *of_sessions)
        sessions = reading.save("sessions_counted", found.inner_join(fields, "session"))
    ((whole,),) = reading.rows(
        sessions.agg(whole=sessions.number.sum()) if of_sessions else events.agg(whole=number(events))
    )

    def of(field: str) -> ir.Table:
        if field in of_sessions:
            return sessions.group_by(value=sessions[field]).agg(number=sessions.number.sum())
        cells = events.group_by(columns_of(field)).agg(number=number(events))
        return cells.group_by(value=group_of(cells, field)).agg(number=cells.number.sum())

    return float(whole or 0), of


def _once(spec: DriversSpec, reading: Reading, events: ir.Table, key: str) -> tuple[float, Numbers]:
    """Of people or sessions, each of which has the value of its first event."""
    firsts = events.group_by(owner=events[key]).agg(first=events.time.min())
    found = events.inner_join(firsts, [events[key] == firsts.owner, events.time == firsts.first])
    columns = {column for field in spec.dimensions if field not in SESSION_FIELDS for column in columns_of(field)}
    of_sessions = _of_sessions(spec)
    found = found.select("owner", *(["session"] if of_sessions else []), *sorted(columns))
    if of_sessions:
        own = reading.sessions.select("session", *of_sessions)
        found = found.inner_join(own, "session")
    found = reading.save("firsts", found)
    ((whole,),) = reading.rows(found.agg(whole=found.owner.nunique()))

    def of(field: str) -> ir.Table:
        values = found.select("owner", value=group_of(found, field))
        values = values.group_by("owner").agg(value=values["value"].min())
        return values.group_by("value").agg(number=values.count())

    return float(whole or 0), of
