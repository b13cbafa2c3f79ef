"""Plausible's stats query, answered by our kinds."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.db.models import Min

from accounts.errors import Invalid
from analytics.kinds import parse_spec
from analytics.kinds.overview import Metric, OverviewResult, Panel
from analytics.kinds.sessions import SessionsResult
from analytics.models import Project, Segment
from analytics.periods import Interval, today_in
from analytics.plausible_stats.filters import filters_of
from analytics.plausible_stats.request import TIMES, StatsQuery, days_of, field_of
from analytics.plausible_stats.rows import Row, page
from analytics.queries.run import run_query

# What one of our queries gives at most; of more values the largest are known.
MOST_ROWS = 1_000
MOST_VISITED = 100
_FIGURES = {
    "visitors": Metric.VISITORS,
    "visits": Metric.SESSIONS,
    "pageviews": Metric.VIEWS,
    "bounce_rate": Metric.BOUNCE_RATE,
    "visit_duration": Metric.DURATION,
    "customs": Metric.EVENTS,
}
_NEEDS = {"events": ("customs", "pageviews"), "views_per_visit": ("pageviews", "visits")}
_VIEWS = {"field": "kind", "operator": "is", "values": ["page", "screen"]}
_EVENTS = {"field": "kind", "operator": "is", "values": ["track", "page", "screen"]}
_GOALS = {"field": "kind", "operator": "is", "values": ["track"]}
_PANELS = {"visit:entry_page": Panel.ENTRY_PAGES, "visit:exit_page": Panel.EXIT_PAGES}


@dataclass(frozen=True, slots=True)
class _Asked:
    project: Project
    query: StatsQuery
    base: dict[str, Any]
    now: datetime

    def result(self, **spec: Any) -> Any:
        return run_query(project=self.project, spec=parse_spec({**self.base, **spec}), now=self.now).result


def answer(*, project: Project, query: StatsQuery, now: datetime) -> dict[str, Any]:
    """The body of Plausible's answer. Raises Invalid for what our kinds cannot say, and as `run_query` does."""
    first, last = days_of(query.date_range, today=today_in(project.zone, now), first_day=_first_day(project))
    base = {
        "period": {"from": str(first), "to": str(last)},
        "filters": filters_of(query.filters),
        "compare": "none",
    }
    asked = _Asked(project, query, base, now)
    labels: list[str] = []
    if query.time:
        rows, labels = _over_time(asked)
        total = len(rows)
    elif query.dimensions:
        rows, total = _by_value(asked)
    else:
        rows, total = [Row(_summed(_figures(asked)))], 1
    meta: dict[str, Any] = {"imports_included": False} if query.include.imports else {}
    meta |= {"time_labels": labels} if query.include.time_labels else {}
    meta |= {"total_rows": total} if query.include.total_rows else {}
    return {"results": page(query, rows), "meta": meta, "query": _echo(query, first, last, project)}


def _first_day(project: Project) -> date:
    found = Segment.objects.live().filter(project_id=project.pk).aggregate(first=Min("first_day"))["first"]
    return found or date(9000, 1, 1)


def _figures(asked: _Asked) -> dict[str, float | None]:
    result: OverviewResult = asked.result(kind="overview", panels=["figures"])
    values = {figure.metric: figure.value for figure in result.figures or ()}
    return {name: values[metric] for name, metric in _FIGURES.items()}


def _summed(numbers: dict[str, float | None]) -> dict[str, float | None]:
    """With `events`: views and custom events."""
    return {**numbers, "events": (numbers.get("customs") or 0) + (numbers.get("pageviews") or 0)}


def _over_time(asked: _Asked) -> tuple[list[Row], list[str]]:
    """A row for each interval that something was in, and the labels of all of them."""
    wanted = {base for name in asked.query.metrics for base in _NEEDS.get(name, (name,))}
    interval = TIMES[asked.query.time or "time"]
    numbers: dict[str, dict[str, float | None]] = {}
    for name in sorted(wanted):
        result: OverviewResult = asked.result(
            kind="overview", panels=["chart"], metric=_FIGURES[name].value, interval=interval
        )
        for point in result.chart.points if result.chart else ():
            label = _label(point.start, result.chart.interval if result.chart else Interval.DAY, asked.project)
            numbers.setdefault(label, {})[name] = point.value
    rows = [Row(_summed(found), (label,)) for label, found in numbers.items() if any(found.values())]
    return rows, list(numbers)


def _label(start: datetime, interval: Interval, project: Project) -> str:
    if interval is Interval.HOUR:
        return f"{start.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return str(start.astimezone(project.zone).date())


def _by_value(asked: _Asked) -> tuple[list[Row], int]:
    if asked.query.dimensions[0] in _PANELS:
        rows, total = _of_pages(asked)
    else:
        rows, total = _of_breakdown(asked)
    if total > len(rows) and asked.query.order[0] not in {
        ("visitors", "desc"),
        ("visits", "desc"),
        ("events", "desc"),
    }:
        raise Invalid(
            f"There are {total:,} values: order by visitors, visits or events, descending, or filter them."
        )
    return rows, total


def _of_pages(asked: _Asked) -> tuple[list[Row], int]:
    if len(asked.query.dimensions) > 1 or not {"visitors", "visits"}.issuperset(asked.query.metrics):
        raise Invalid("Entry and exit pages have the metrics visitors and visits, and no second dimension.")
    panel = _PANELS[asked.query.dimensions[0]]
    result: OverviewResult = asked.result(kind="overview", panels=[panel.value], limit=MOST_ROWS)
    (table,) = result.tables
    rows = [
        Row({"visits": row.metrics[0], "visitors": row.metrics[1]}, (row.value,))
        for row in table.rows
        if row.value
    ]
    return rows, table.total_rows


def _of_breakdown(asked: _Asked) -> tuple[list[Row], int]:
    fields = [field_of(dimension) for dimension in asked.query.dimensions]
    kinds = _GOALS if "name" in fields else _EVENTS
    ordered = asked.query.order[0][0]
    columns = sorted(("unique", "sessions", "total"), key=lambda name: name != _COLUMNS.get(ordered))
    result = _broken_down(asked, fields, kinds, columns)
    whole = dict(zip(columns, result.total.values, strict=True))["unique"] or 0
    metrics = set(asked.query.metrics)
    views = _views(asked, fields) if metrics & {"pageviews", "views_per_visit"} else {}
    visits = _visits(asked, fields) if metrics & {"bounce_rate", "visit_duration"} else {}
    rows = []
    for row in result.rows:
        found = dict(zip(columns, row.values, strict=True))
        people = found["unique"] or 0
        numbers = {"visitors": people, "visits": found["sessions"], "events": found["total"]}
        numbers |= {"pageviews": views.get(row.group, 0), "percentage": people / whole * 100 if whole else 0}
        numbers |= visits.get(row.group, {})
        if all(row.group):
            rows.append(Row(numbers, row.group))
    return rows, result.total_rows - (len(result.rows) - len(rows))


_COLUMNS = {"visitors": "unique", "visits": "sessions", "events": "total"}


def _views(asked: _Asked, fields: Sequence[str]) -> dict[tuple[str, ...], float]:
    result = _broken_down(asked, fields, _VIEWS, ["total"])
    if result.other is not None:
        raise Invalid(f"There are over {MOST_ROWS:,} values; with the metric pageviews, filter them.")
    return {row.group: row.values[0] or 0 for row in result.rows}


def _visits(asked: _Asked, fields: Sequence[str]) -> dict[tuple[str, ...], dict[str, float | None]]:
    """What visits are like, by the values that they have."""
    result: SessionsResult = asked.result(kind="sessions", breakdown=list(fields), limit=MOST_VISITED)
    if any(line.other for line in result.groups):
        raise Invalid(f"There are over {MOST_VISITED} values; with bounce_rate or visit_duration, filter them.")
    return {
        line.group: {"bounce_rate": line.figures.bounce_rate, "visit_duration": line.figures.duration}
        for line in result.groups
        if line.group
    }


def _broken_down(asked: _Asked, fields: Sequence[str], kinds: dict[str, Any], columns: Iterable[str]) -> Any:
    return asked.result(
        kind="breakdown",
        breakdown=list(fields),
        filters=[*asked.base["filters"], kinds],
        columns=[{"aggregation": column} for column in columns],
        limit=MOST_ROWS,
    )


def _echo(query: StatsQuery, first: date, last: date, project: Project) -> dict[str, Any]:
    """The query as it was understood."""
    ends = [
        datetime(first.year, first.month, first.day, tzinfo=project.zone),
        datetime(last.year, last.month, last.day, 23, 59, 59, tzinfo=project.zone),
    ]
    return {
        **query.model_dump(mode="json"),
        "date_range": [end.isoformat() for end in ends],
        "order_by": [list(entry) for entry in query.order],
    }
