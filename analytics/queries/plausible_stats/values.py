"""Plausible's numbers by the values of dimensions."""

from collections.abc import Sequence

from accounts.errors import Invalid
from analytics.kinds.overview import Panel
from analytics.kinds.sessions import SessionsResult
from analytics.plausible_stats.goals import VIEWS
from analytics.plausible_stats.rows import Row
from analytics.queries.plausible_stats.asked import MOST_ROWS, Asked, too_many

MOST_VISITED = 100
_PANELS = {"visit:entry_page": Panel.ENTRY_PAGES, "visit:exit_page": Panel.EXIT_PAGES}
_OF_PAGES = frozenset({"visitors", "visits", "conversion_rate", "group_conversion_rate"})
# What values are ranked by, where there are more than can be had.
_COLUMNS = {
    "visitors": "unique", "percentage": "unique", "conversion_rate": "unique", "visits": "sessions",
    "events": "total",
}  # fmt: skip


def by_value(asked: Asked) -> tuple[list[Row], int]:
    """Rows, and how many values there are. Raises Invalid where the first ones cannot be told."""
    rows, total = _of_pages(asked) if _PANELS.keys() & set(asked.query.dimensions) else _of_breakdown(asked)
    name, direction = asked.query.order[0]
    if total > len(rows) and (name not in _COLUMNS or direction != "desc"):
        raise Invalid(
            f"There are {total:,} values: order by visitors, visits or events, descending, or filter them."
        )
    return rows, total


def _of_pages(asked: Asked) -> tuple[list[Row], int]:
    if len(asked.query.dimensions) > 1 or not _OF_PAGES.issuperset(asked.query.metrics):
        raise Invalid("Entry and exit pages have the metrics visitors and visits, and no second dimension.")
    panel = _PANELS[asked.query.dimensions[0]]
    (table,) = asked.result(kind="overview", panels=[panel.value], limit=MOST_ROWS).tables
    rows = [
        Row({"visits": row.metrics[0], "visitors": row.metrics[1]}, (row.value,))
        for row in table.rows
        if row.value
    ]
    return rows, table.total_rows - (len(table.rows) - len(rows))


def _of_breakdown(asked: Asked) -> tuple[list[Row], int]:
    fields, metrics = asked.fields, set(asked.query.metrics)
    first = _COLUMNS.get(asked.query.order[0][0])
    columns = sorted(("unique", "sessions", "total"), key=lambda name: name != first)
    result = asked.broken_down(fields, [{"aggregation": column} for column in columns], *asked.kinds)
    people_in_all = dict(zip(columns, result.total.values, strict=True))["unique"] or 0
    views = _views(asked, fields) if metrics & {"pageviews", "views_per_visit"} else {}
    visits = _visits(asked, fields) if metrics & {"bounce_rate", "visit_duration"} else {}
    rows = []
    for row in result.rows:
        found = dict(zip(columns, row.values, strict=True))
        people = found["unique"] or 0
        numbers = {"visitors": people, "visits": found["sessions"], "events": found["total"]}
        numbers |= {"pageviews": views.get(row.group, 0)}
        numbers |= {"percentage": people / people_in_all * 100 if people_in_all else 0}
        numbers |= visits.get(row.group, {})
        if all(row.group):
            rows.append(Row(numbers, row.group))
    return rows, result.total_rows - (len(result.rows) - len(rows))


def _views(asked: Asked, fields: Sequence[str]) -> dict[tuple[str, ...], float]:
    result = asked.broken_down(fields, [{"aggregation": "total"}], VIEWS)
    if result.other is not None:
        raise too_many(MOST_ROWS, "the metric pageviews")
    return {row.group: row.values[0] or 0 for row in result.rows}


def _visits(asked: Asked, fields: Sequence[str]) -> dict[tuple[str, ...], dict[str, float | None]]:
    """What visits are like, by the values that they have."""
    result: SessionsResult = asked.result(kind="sessions", breakdown=list(fields), limit=MOST_VISITED)
    if any(line.other for line in result.groups):
        raise too_many(MOST_VISITED, "bounce_rate or visit_duration")
    return {
        line.group: {"bounce_rate": line.figures.bounce_rate, "visit_duration": line.figures.duration}
        for line in result.groups
        if line.group
    }
