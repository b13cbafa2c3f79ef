"""Plausible's numbers by time and one other dimension."""

from typing import Any

from analytics.plausible_stats.goals import VIEWS
from analytics.plausible_stats.request import TIMES
from analytics.plausible_stats.rows import Row
from analytics.queries.plausible_stats.asked import Asked, too_many
from analytics.queries.plausible_stats.whole import label_of

MOST = 100
_SERIES: dict[str, dict[str, Any]] = {
    "visitors": {"aggregation": "unique"},
    "visits": {"aggregation": "sessions"},
    "events": {"aggregation": "total"},
    "pageviews": {"aggregation": "total", "filters": [VIEWS]},
}


def crossed(asked: Asked) -> tuple[list[Row], list[str]]:
    """A row for each interval and value that something was in, and the labels of all intervals."""
    trend = asked.result(
        *asked.kinds,
        kind="trends",
        series=list(_SERIES.values()),
        breakdown=asked.fields,
        interval=TIMES[asked.query.time or "time"],
        limit=MOST,
    )
    if any(line.other for line in trend.lines):
        raise too_many(MOST, "time and another dimension")
    labels = [label_of(span.start, trend.interval, asked.project) for span in trend.intervals]
    names = list(_SERIES)
    numbers: dict[tuple[str, ...], dict[str, float | None]] = {}
    for line in trend.lines:
        for label, value in zip(labels, line.values, strict=True):
            if value and all(line.group):
                numbers.setdefault(_dimensions(asked, label, line.group), {})[names[line.series]] = value
    return [Row(found, dimensions) for dimensions, found in numbers.items()], labels


def _dimensions(asked: Asked, label: str, group: tuple[str, ...]) -> tuple[str, ...]:
    """In the order of the query."""
    rest = iter(group)
    return tuple(label if name in TIMES else next(rest) for name in asked.query.dimensions)
