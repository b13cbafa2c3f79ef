"""Plausible's numbers of a whole period, and of its intervals."""

from datetime import UTC, datetime
from typing import Any

from analytics.kinds.overview import Metric, OverviewResult
from analytics.models import Project
from analytics.periods import Interval
from analytics.plausible_stats.request import TIMES
from analytics.plausible_stats.rows import Row
from analytics.queries.plausible_stats.asked import Asked

FIGURES = {
    "visitors": Metric.VISITORS,
    "visits": Metric.SESSIONS,
    "pageviews": Metric.VIEWS,
    "bounce_rate": Metric.BOUNCE_RATE,
    "visit_duration": Metric.DURATION,
    "customs": Metric.EVENTS,
}
_NEEDS = {
    "views_per_visit": ("pageviews", "visits"),
    "conversion_rate": ("visitors",),
    "group_conversion_rate": ("visitors",),
    # A row is one that somebody is in.
    "average_revenue": ("visitors",),
    "total_revenue": ("visitors",),
}


def whole(asked: Asked) -> Row:
    result: OverviewResult = asked.result(kind="overview", panels=["figures"])
    values = {figure.metric: figure.value for figure in result.figures or ()}
    numbers = {name: values[metric] for name, metric in FIGURES.items()}
    if asked.kept.goals is None:
        numbers["events"] = (numbers["customs"] or 0) + (numbers["pageviews"] or 0)
    elif "events" in asked.query.metrics:
        numbers["events"] = _reached(asked)
    return Row(numbers)


def over_time(asked: Asked) -> tuple[list[Row], list[str]]:
    """A row for each interval that something was in, and the labels of all of them."""
    numbers: dict[str, dict[str, Any]] = {}
    for name in sorted(_wanted(asked)):
        for label, value in _values(asked, name).items():
            numbers.setdefault(label, {})[name] = value
    for found in numbers.values():
        found.setdefault("events", (found.get("customs") or 0) + (found.get("pageviews") or 0))
    return [Row(found, (label,)) for label, found in numbers.items() if any(found.values())], list(numbers)


def label_of(start: datetime, interval: Interval, project: Project) -> str:
    """An interval as Plausible calls it: its day, or its hour in UTC."""
    if interval is Interval.HOUR:
        return f"{start.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return str(start.astimezone(project.zone).date())


def _wanted(asked: Asked) -> set[str]:
    of_events = ("customs", "pageviews") if asked.kept.goals is None else ("events",)
    needs = {**_NEEDS, "events": of_events}
    return {base for name in asked.query.metrics for base in needs.get(name, (name,))}


def _values(asked: Asked, name: str) -> dict[str, float | None]:
    interval = TIMES[asked.query.time or "time"]
    if name == "events":
        trend = asked.result(kind="trends", series=[{}], interval=interval)
        starts, values = [span.start for span in trend.intervals], trend.lines[0].values
        labels = [label_of(start, trend.interval, asked.project) for start in starts]
        return dict(zip(labels, values, strict=True))
    result: OverviewResult = asked.result(
        kind="overview", panels=["chart"], metric=FIGURES[name].value, interval=interval
    )
    if result.chart is None:
        return {}
    chart = result.chart
    return {label_of(point.start, chart.interval, asked.project): point.value for point in chart.points}


def _reached(asked: Asked) -> float:
    """How many events reach the goals; those sent as not interactive are no custom events of an overview."""
    return float(asked.result(kind="trends", series=[{}]).lines[0].total)
