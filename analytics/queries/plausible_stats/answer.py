"""The body of Plausible's answer."""

from datetime import date, datetime
from typing import Any

from django.db.models import Min

from accounts.access import Actor
from analytics.models import Project, Segment
from analytics.periods import today_in
from analytics.plausible_stats.dates import days_of
from analytics.plausible_stats.filters import kept_by
from analytics.plausible_stats.request import StatsQuery
from analytics.plausible_stats.rows import page
from analytics.queries.plausible_stats import rates, revenue
from analytics.queries.plausible_stats.asked import Asked
from analytics.queries.plausible_stats.table import Table, table


def answer(*, project: Project, actor: Actor, query: StatsQuery, now: datetime) -> dict[str, Any]:
    """Raises Invalid for what our kinds cannot say, and as `run_query` does."""
    first, last = days_of(query.date_range, today=today_in(project.zone, now), first_day=_first_day(project))
    asked = Asked(project, actor, query, {"from": str(first), "to": str(last)}, kept_by(query.filters), now)
    rates.check(asked)
    revenue.check(asked)
    found = table(asked)
    rows, warnings = revenue.with_revenue(asked, rates.with_rates(asked, found.rows))
    meta = _meta(query, found) | ({"metric_warnings": warnings} if warnings else {})
    return {"results": page(query, rows), "meta": meta, "query": _echo(query, first, last, project)}


def _first_day(project: Project) -> date:
    found = Segment.objects.live().filter(project_id=project.pk).aggregate(first=Min("first_day"))["first"]
    return found or date(9000, 1, 1)


def _meta(query: StatsQuery, found: Table) -> dict[str, Any]:
    meta: dict[str, Any] = {"imports_included": False} if query.include.imports else {}
    meta |= {"time_labels": found.labels} if query.include.time_labels else {}
    return meta | ({"total_rows": found.total} if query.include.total_rows else {})


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
