"""The numbers of an overview, asked of a reading. No Django here."""

import functools
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import ibis
import ibis.expr.types as ir

from analytics.contracts import VIEW_KINDS, Kind
from analytics.kinds.expressions import keeps, wanted_by
from analytics.kinds.filters import ENTRY_PATH, EXIT_PATH, Filter
from analytics.kinds.overview.spec import TABLE_FIELDS, Metric, OverviewSpec, Panel
from analytics.store.base import Reading, Wanted

VIEWS = [str(kind) for kind in VIEW_KINDS]
OF_EVENTS = {Panel.PAGES, Panel.EVENTS}
COLUMNS: dict[Panel, tuple[Metric, Metric]] = {
    panel: (Metric.SESSIONS, Metric.VISITORS) for panel in TABLE_FIELDS if panel not in OF_EVENTS
} | {Panel.PAGES: (Metric.VISITORS, Metric.VIEWS), Panel.EVENTS: (Metric.EVENTS, Metric.VISITORS)}


@dataclass(frozen=True, slots=True)
class Ranking:
    """The top rows (value and the numbers of the panel's columns) and how many values there are."""

    rows: tuple[tuple[str, int, int], ...]
    total_rows: int


@dataclass(frozen=True, slots=True)
class Measured:
    """The numbers of one range; `chart` by the place of the interval, only where there are events."""

    figures: Mapping[Metric, float | None]
    chart: Mapping[int, float | None]
    tables: Mapping[Panel, Ranking]


@dataclass(frozen=True, slots=True)
class Parts:
    """The kept events and the counted sessions that every number is of."""

    kept: ir.Table
    sessions: ir.Table


def wanted(spec: OverviewSpec, panels: tuple[Panel, ...]) -> Wanted:
    """What an overview with these panels reads."""
    fields = {item.field for item in spec.filters} | {
        TABLE_FIELDS[panel] for panel in panels if panel in TABLE_FIELDS
    }
    return wanted_by(fields | {"kind", "name"}) | Wanted(sessions=True)


def measure(spec: OverviewSpec, reading: Reading, panels: tuple[Panel, ...]) -> Measured:
    """Every number that the panels need; figures always."""
    parts = _parts(spec, reading, panels)
    figures = _figures(reading, parts, spec.event)
    chart = _chart(reading, parts, spec) if Panel.CHART in panels else {}
    tables = {panel: _ranking(reading, parts, panel, spec.limit) for panel in panels if panel in TABLE_FIELDS}
    return Measured(figures, chart, tables)


def _parts(spec: OverviewSpec, reading: Reading, panels: tuple[Panel, ...]) -> Parts:
    of_sessions = [item for item in spec.filters if item.is_of_sessions]
    of_events = [item for item in spec.filters if not item.is_of_sessions]
    fields = {item.field for item in of_sessions}
    fields |= {TABLE_FIELDS[panel] for panel in panels if panel in COLUMNS and panel not in OF_EVENTS}
    on_path = [item for item in of_events if item.field == "path"]
    formed = _sessions(reading.events.op(), frozenset(fields), tuple(on_path))
    sessions = reading.save("all_sessions", formed)
    if not spec.filters:
        return Parts(reading.events, sessions)
    chosen = _all(sessions, of_sessions)
    kept = _all(reading.events, of_events)
    kept = reading.save("kept", kept.semi_join(chosen, "session") if of_sessions else kept)
    return Parts(kept, reading.save("sessions", chosen.semi_join(kept, "session") if of_events else chosen))


def _all(table: ir.Table, filters: list[Filter]) -> ir.Table:
    if not filters:
        return table
    return table.filter(functools.reduce(operator.and_, (keeps(table, item) for item in filters)))


@lru_cache(maxsize=256)
def _sessions(operation: Any, fields: frozenset[str], on_path: tuple[Filter, ...]) -> ir.Table:
    """One row a session, with its fields; `enters` says whether its bounces count under a filter on the path."""
    events = operation.to_expr()
    is_view = events.kind.isin(VIEWS)
    grouped = events.group_by("session").agg(
        last=events.time.max(),
        views=is_view.sum(),
        customs=(events.kind == str(Kind.TRACK)).sum(),
        entry=events.place.min(where=is_view),
        exit=events.place.max(where=is_view),
    )
    first = events.select("place", "who", "interval", "time", *sorted(fields - {ENTRY_PATH, EXIT_PATH}))
    joined = grouped.join(first, grouped.session == first.place)
    if ENTRY_PATH in fields or on_path:
        joined = _with_path(joined, events, "entry", ENTRY_PATH)
    if EXIT_PATH in fields:
        joined = _with_path(joined, events, "exit", EXIT_PATH)
    bounced = (joined.views <= 1) & (joined.customs == 0)
    return joined.select(
        "session", "who", "interval", *sorted(fields),
        length=joined["last"].delta(joined.time, unit="microsecond"),
        bounced=bounced, enters=_enters(joined, on_path),
    )  # fmt: skip


def _with_path(table: ir.Table, events: ir.Table, place: str, name: str) -> ir.Table:
    """Add the path of the view at a place; empty without a view."""
    views = events.select(**{f"{name}_place": events.place, f"{name}_of": events.path})
    joined = table.left_join(views, table[place] == views[f"{name}_place"])
    return joined.mutate(**{name: joined[f"{name}_of"].fill_null("")}).drop(f"{name}_place", f"{name}_of")


def _enters(sessions: ir.Table, on_path: tuple[Filter, ...]) -> ir.BooleanValue:
    if not on_path:
        return ibis.literal(True)
    renamed = [item.model_copy(update={"field": ENTRY_PATH}) for item in on_path]
    return functools.reduce(operator.and_, (keeps(sessions, item) for item in renamed), sessions.views > 0)


def _counted_event(events: ir.Table, name: str) -> ir.BooleanValue:
    custom = events.kind == str(Kind.TRACK)
    return custom & (events.name == name) if name else custom


def _figures(reading: Reading, parts: Parts, event: str) -> dict[Metric, float | None]:
    ((visitors, views, events),) = reading.rows(_figures_of_events(parts.kept.op(), event))
    ((count, entering, bounces, length),) = reading.rows(_figures_of_sessions(parts.sessions.op()))
    return {
        Metric.VISITORS: visitors,
        Metric.SESSIONS: count,
        Metric.VIEWS: views or 0,
        Metric.BOUNCE_RATE: ratio(bounces, entering),
        Metric.DURATION: ratio(length, count, 1_000_000),
        Metric.EVENTS: events or 0,
    }


@lru_cache(maxsize=256)
def _figures_of_events(operation: Any, event: str) -> ir.Table:
    kept = operation.to_expr()
    return kept.agg(
        visitors=kept.who.nunique(), views=kept.kind.isin(VIEWS).sum(), events=_counted_event(kept, event).sum()
    )


@lru_cache(maxsize=256)
def _figures_of_sessions(operation: Any) -> ir.Table:
    sessions = operation.to_expr()
    return sessions.agg(
        count=sessions.count(),
        entering=sessions.enters.sum(),
        bounces=(sessions.bounced & sessions.enters).sum(),
        length=sessions.length.sum(),
    )


def ratio(part: int | None, whole: int | None, unit: int = 1) -> float | None:
    """A mean or a rate; None of nothing."""
    return int(part or 0) / (int(whole) * unit) if whole else None


def _chart(reading: Reading, parts: Parts, spec: OverviewSpec) -> dict[int, float | None]:
    kept, sessions = parts.kept, parts.sessions
    if spec.metric is Metric.BOUNCE_RATE:
        entering = sessions.filter(sessions.enters)
        pairs = entering.group_by("interval").agg(part=entering.bounced.sum(), whole=entering.count())
        return {place: ratio(part, whole) for place, part, whole in reading.rows(pairs)}
    if spec.metric is Metric.DURATION:
        pairs = sessions.group_by("interval").agg(part=sessions.length.sum(), whole=sessions.count())
        return {place: ratio(part, whole, 1_000_000) for place, part, whole in reading.rows(pairs)}
    counts: dict[Metric, Callable[[], ir.Table]] = {
        Metric.VISITORS: lambda: kept.group_by("interval").agg(value=kept.who.nunique()),
        Metric.SESSIONS: lambda: sessions.group_by("interval").agg(value=sessions.count()),
        Metric.VIEWS: lambda: _count(kept, kept.kind.isin(VIEWS)),
        Metric.EVENTS: lambda: _count(kept, _counted_event(kept, spec.event)),
    }
    return {place: float(value) for place, value in reading.rows(counts[spec.metric]())}


def _count(events: ir.Table, which: ir.BooleanValue) -> ir.Table:
    return events.filter(which).group_by("interval").agg(value=ibis._.count())


def _ranking(reading: Reading, parts: Parts, panel: Panel, limit: int) -> Ranking:
    rows: list[tuple[Any, ...]] = reading.rows(_ranked(parts, panel, limit))
    return Ranking(tuple((value, first, second) for value, first, second, _ in rows), rows[0][3] if rows else 0)


def _ranked(parts: Parts, panel: Panel, limit: int) -> ir.Table:
    source = parts.kept if panel in OF_EVENTS else parts.sessions
    return _ranking_of(source.op(), panel, limit)


@lru_cache(maxsize=512)
def _ranking_of(operation: Any, panel: Panel, limit: int) -> ir.Table:
    """The ranking over a table; kept, since making an expression takes longer than computing it."""
    source = operation.to_expr()
    if panel is Panel.PAGES:
        source = source.filter(source.kind.isin(VIEWS))
    elif panel is Panel.EVENTS:
        source = source.filter(source.kind == str(Kind.TRACK))
    numbers = [source.who.nunique() if metric is Metric.VISITORS else source.count() for metric in COLUMNS[panel]]
    grouped = source.group_by(value=source[TABLE_FIELDS[panel]]).agg(first=numbers[0], second=numbers[1])
    counted = grouped.mutate(total_rows=ibis._.count().over(ibis.window()))
    return counted.order_by(ibis.desc("first"), "value").limit(limit)
