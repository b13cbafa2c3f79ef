"""The rows of one of Plausible's queries, by whatever dimensions it has."""

from dataclasses import dataclass, replace

from analytics.plausible_stats.goals import Goals
from analytics.plausible_stats.request import GOAL
from analytics.plausible_stats.rows import Row
from analytics.queries.plausible_stats.asked import Asked
from analytics.queries.plausible_stats.crossed import crossed
from analytics.queries.plausible_stats.values import by_value
from analytics.queries.plausible_stats.whole import over_time, whole


@dataclass(frozen=True, slots=True)
class Table:
    """Rows in no order, how many there are in all, and the labels of every interval."""

    rows: list[Row]
    total: int
    labels: list[str]

    @property
    def is_cut(self) -> bool:
        return self.total > len(self.rows)


def table(asked: Asked) -> Table:
    """Raises Invalid for what our kinds cannot say, and as `run_query` does."""
    if asked.query.by_goal and asked.kept.goals is not None and asked.kept.goals.pages:
        return _with_pages(asked, asked.kept.goals)
    if asked.query.time:
        rows, labels = crossed(asked) if asked.query.others else over_time(asked)
        return Table(rows, len(rows), labels)
    if asked.query.dimensions:
        rows, total = by_value(asked)
        return Table(rows, total, [])
    return Table([whole(asked)], 1, [])


def _with_pages(asked: Asked, goals: Goals) -> Table:
    """Each goal that is a page is asked for by itself: what one event reaches may be several goals."""
    tables = [_of_page(asked, page) for page in goals.pages]
    if goals.events is not None:
        kept = replace(asked.kept, goals=replace(goals, pages=()))
        tables.append(table(replace(asked, kept=kept)))
    rows = [row for found in tables for row in found.rows if any(row.metrics.values())]
    if "percentage" in asked.query.metrics:
        rows = _with_shares(asked, goals, rows)
    missing = sum(found.total - len(found.rows) for found in tables)
    return Table(rows, len(rows) + missing, tables[0].labels)


def _of_page(asked: Asked, page: str) -> Table:
    place = asked.query.dimensions.index(GOAL)
    found = table(asked.reaching(Goals(None, (page,))))
    rows = [Row(row.metrics, (*row.dimensions[:place], page, *row.dimensions[place:])) for row in found.rows]
    return replace(found, rows=rows)


def _with_shares(asked: Asked, goals: Goals, rows: list[Row]) -> list[Row]:
    """Shares of the visitors who reached any of the goals."""
    people = whole(asked.reaching(goals)).metrics["visitors"] or 0
    return [
        Row({**row.metrics, "percentage": (row.metrics["visitors"] or 0) / people * 100}, row.dimensions)
        for row in rows
    ]
