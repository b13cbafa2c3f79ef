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
from analytics.fields import ENTRY_PATH, SESSION_FIELDS, is_of_session
from analytics.kinds.base import By
from analytics.kinds.events import events_of, fields_of, keep, wanted_of
from analytics.kinds.expressions import meets, wanted_by
from analytics.kinds.filters import Filters
from analytics.kinds.overview.spec import TABLE_FIELDS, Metric, OverviewSpec, Panel
from analytics.store.base import Reading, Wanted

PATH = "path"
VIEWS = [str(kind) for kind in VIEW_KINDS]
# So many times the pages shown are looked at.
_FURTHER = 5
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
    """The kept events and the counted sessions that every number is of; `is_whole` where nothing was filtered."""

    kept: ir.Table
    sessions: ir.Table
    is_whole: bool


def wanted(spec: OverviewSpec, panels: tuple[Panel, ...]) -> Wanted:
    """What an overview with these panels reads."""
    of_sessions, of_events, on_path = _parted(spec.filters)
    ranked = {TABLE_FIELDS[panel] for panel in panels if panel in TABLE_FIELDS and panel not in OF_EVENTS}
    ranked |= {field for field in fields_of([of_sessions]) if field in SESSION_FIELDS}
    ranked |= {ENTRY_PATH} if on_path else set()
    listed = {TABLE_FIELDS[panel] for panel in panels if panel in OF_EVENTS}
    known = wanted_by(field for field in fields_of([of_sessions]) if field not in SESSION_FIELDS)
    of_kept = wanted_of(fields_of([of_events]) | listed | {"kind", "name"})
    return of_kept | known | Wanted(sessions=True, session_fields=frozenset(ranked))


def _parted(filters: Filters) -> tuple[Filters, Filters, Filters]:
    """The filters that keep whole sessions, those that keep events, and of these the ones on nothing but the path.

    An entry, a filter or a group of them, is of sessions if a session has one value of all that it looks at.
    """
    fields = [(item, fields_of([(item,)])) for item in filters]
    of_sessions = tuple(item for item, own in fields if all(map(is_of_session, own)))
    of_events = tuple(item for item, own in fields if not all(map(is_of_session, own)))
    return of_sessions, of_events, tuple(item for item, own in fields if own == {PATH})


def measure(spec: OverviewSpec, reading: Reading, panels: tuple[Panel, ...]) -> Measured:
    """Every number that the panels need; figures always."""
    parts = _parts(spec, reading)
    figures = _figures(reading, parts, spec.event)
    chart = _chart(reading, parts, spec) if Panel.CHART in panels else {}
    tables = {panel: _ranking(reading, parts, panel, spec.limit) for panel in panels if panel in TABLE_FIELDS}
    return Measured(figures, chart, tables)


def _parts(spec: OverviewSpec, reading: Reading) -> Parts:
    of_sessions, of_events, on_path = _parted(spec.filters)
    sessions = _sessions(reading.sessions.op(), on_path)
    if not spec.filters:
        return Parts(reading.events, sessions, is_whole=spec.by is By.PERSON)
    chosen = keep(sessions, of_sessions)
    kept = keep(events_of(reading, wanted_of(fields_of([of_events])) | Wanted(sessions=True)), of_events)
    kept = reading.save("kept", kept.semi_join(chosen, "session") if of_sessions else kept)
    chosen = reading.save("chosen", chosen.semi_join(kept, "session") if of_events else chosen)
    return Parts(kept, chosen, is_whole=False)


@lru_cache(maxsize=256)
def _sessions(operation: Any, on_path: Filters) -> ir.Table:
    """The sessions; `enters` says whether their bounces count under a filter on the path."""
    sessions = operation.to_expr()
    # What they enter on is the path that the filters judge.
    sessions = sessions.mutate(**{PATH: sessions[ENTRY_PATH]}) if on_path else sessions
    bounced = (sessions.views <= 1) & (sessions.customs == 0)
    return sessions.mutate(
        bounced=bounced, enters=_enters(sessions, on_path), length=bounced.ifelse(0, sessions.length)
    )


def _enters(sessions: ir.Table, on_path: Filters) -> ir.BooleanValue:
    if not on_path:
        return ibis.literal(True)
    return functools.reduce(operator.and_, (meets(sessions, item) for item in on_path), sessions.views > 0)


def _counted_event(events: ir.Table, name: str) -> ir.BooleanValue:
    custom = events.kind == str(Kind.TRACK)
    return custom & (events.name == name) if name else custom


def _figures(reading: Reading, parts: Parts, event: str) -> dict[Metric, float | None]:
    # Whoever has an event has a session, of which there are fewer.
    whole = parts.is_whole and not event
    counted = _counted_of_sessions(parts.sessions.op()) if whole else _counted_of_events(parts.kept.op(), event)
    ((visitors, views, events),) = reading.rows(counted)
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
def _counted_of_sessions(operation: Any) -> ir.Table:
    sessions = operation.to_expr()
    return sessions.agg(visitors=sessions.who.nunique(), views=sessions.views.sum(), events=sessions.customs.sum())


@lru_cache(maxsize=256)
def _counted_of_events(operation: Any, event: str) -> ir.Table:
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
        Metric.VISITORS: lambda: _seen(reading, parts).group_by("interval").agg(value=ibis._.who.nunique()),
        Metric.SESSIONS: lambda: sessions.group_by("interval").agg(value=sessions.count()),
        Metric.VIEWS: lambda: _count(kept, kept.kind.isin(VIEWS)),
        Metric.EVENTS: lambda: _count(kept, _counted_event(kept, spec.event)),
    }
    return {place: float(value) for place, value in reading.rows(counts[spec.metric]())}


def _seen(reading: Reading, parts: Parts) -> ir.Table:
    """Who was there in which interval; a pair may stand more than once."""
    sessions = parts.sessions
    if parts.is_whole:
        ((longest,),) = reading.rows(sessions.agg(longest=(sessions.last_interval - sessions.interval).max()))
        # With no interval between its first and its last, a session has an event in each of its intervals.
        if longest is not None and longest <= 1:
            longer = sessions.filter(sessions.last_interval > sessions.interval)
            return ibis.union(
                sessions.select("who", "interval"), longer.select("who", interval=longer.last_interval)
            )
    return parts.kept.select("who", "interval")


def _count(events: ir.Table, which: ir.BooleanValue) -> ir.Table:
    return events.filter(which).group_by("interval").agg(value=ibis._.count())


def _ranking(reading: Reading, parts: Parts, panel: Panel, limit: int) -> Ranking:
    if panel is Panel.PAGES and (found := _pages(reading, parts.kept, limit)):
        return found
    rows: list[tuple[Any, ...]] = reading.rows(_ranked(parts, panel, limit))
    return Ranking(tuple((value, first, second) for value, first, second, _ in rows), rows[0][3] if rows else 0)


def _pages(reading: Reading, kept: ir.Table, limit: int) -> Ranking | None:
    """The pages with the most visitors; None where it takes all pages to tell.

    Views are many, and telling their people apart takes longest. A page has no more visitors than views, so people
    are told apart only on pages that have as many views as the last one shown has visitors.
    """
    counted: list[tuple[str, int, int]] = reading.rows(_views_of_pages(kept.op(), _FURTHER * limit))
    views = {path: count for path, count, _ in counted}
    total = counted[0][2] if counted else 0
    surely = [*views][: limit + limit // 2]
    visitors: dict[str, int] = dict(reading.rows(_visitors_of_pages(kept, surely))) if surely else {}
    least = sorted(visitors.values(), reverse=True)[min(limit, len(visitors)) - 1] if visitors else 0
    if total > len(views) and min(views.values()) >= least:
        return None
    if others := [path for path in [*views][len(surely) :] if views[path] >= least]:
        visitors |= dict(reading.rows(_visitors_of_pages(kept, others)))
    first = sorted(visitors, key=lambda path: (-visitors[path], path))[:limit]
    return Ranking(tuple((path, visitors[path], views[path]) for path in first), total)


@lru_cache(maxsize=256)
def _views_of_pages(operation: Any, limit: int) -> ir.Table:
    """The pages with the most views, and how many pages there are."""
    viewed = _viewed(operation.to_expr())
    return _first(viewed.group_by(value=viewed[PATH]).agg(first=viewed.count()), limit)


def _visitors_of_pages(kept: ir.Table, paths: list[str]) -> ir.Table:
    viewed = _viewed(kept)
    viewed = viewed.filter(viewed[PATH].isin(paths))
    return viewed.group_by(value=viewed[PATH]).agg(visitors=viewed.who.nunique())


def _viewed(events: ir.Table) -> ir.Table:
    return events.filter(events.kind.isin(VIEWS))


def _ranked(parts: Parts, panel: Panel, limit: int) -> ir.Table:
    source = parts.kept if panel in OF_EVENTS else parts.sessions
    return _ranking_of(source.op(), panel, limit)


@lru_cache(maxsize=512)
def _ranking_of(operation: Any, panel: Panel, limit: int) -> ir.Table:
    """The ranking over a table; kept, since making an expression takes longer than computing it."""
    source = operation.to_expr()
    if panel is Panel.PAGES:
        source = _viewed(source)
    elif panel is Panel.EVENTS:
        source = source.filter(source.kind == str(Kind.TRACK))
    numbers = [source.who.nunique() if metric is Metric.VISITORS else source.count() for metric in COLUMNS[panel]]
    grouped = source.group_by(value=source[TABLE_FIELDS[panel]]).agg(first=numbers[0], second=numbers[1])
    return _first(grouped, limit)


def _first(grouped: ir.Table, limit: int) -> ir.Table:
    """The rows with the largest `first`, each with the number of all rows."""
    counted = grouped.mutate(total_rows=ibis._.count().over(ibis.window()))
    return counted.order_by(ibis.desc("first"), "value").limit(limit)
