"""What LLM work cost: by day, model, project, task, key and prompt."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from accounts import access as accounts_access
from accounts.access import Actor
from accounts.errors import NotFound
from accounts.models import Organization
from accounts.permissions import Capability
from analytics.periods import Days, Last, Period, days_of
from analytics.templatetags.formats import day_range, number, percent
from analytics.views.explore.blocks import BarsBlock
from analytics.views.tables import as_csv
from inference import access
from inference.queries import costs
from inference.queries.costs import Billed, Repeated, Seen, Work
from inference.querysets import JobQuerySet
from inference.views import cost_charts, cost_tables
from inference.views.cost_tables import CostTable, written

_PERIODS = {
    Last.DAYS_7: "7 days",
    Last.DAYS_30: "30 days",
    Last.DAYS_90: "90 days",
    Last.THIS_MONTH: "This month",
    Last.LAST_MONTH: "Last month",
    Last.MONTHS_12: "12 months",
}
_USUAL = Last.DAYS_30
# What each group of tables is called, and where its figures are from.
_GROUPS = {
    "billed": (
        "As billed",
        "From the ledger. What is asked with your own keys is not in it: you pay those providers yourself.",
    ),
    "jobs": (
        "By job",
        "From the jobs that ended in these days, what was asked with your own keys included.",
    ),
    "calls": (
        "By call",
        "From each call to a model, those that were tried again as well. Times are of calls that went well.",
    ),
}


@dataclass(frozen=True, slots=True)
class Group:
    """Tables of one origin, each with the address of its file, below the charts of the same."""

    name: str
    label: str
    source: str
    tables: Sequence[tuple[CostTable, str]]
    charts: Sequence[BarsBlock]


@require_safe
def page(request: HttpRequest, organization: str) -> HttpResponse:
    found, seen, jobs = _entered(request, organization)
    period = _period(request)
    days = _days(period)
    billed, work, again = costs.billed(seen, days), costs.work(jobs, days), costs.repeated(jobs, days)
    in_tokens = request.GET.get("show") == "tokens" or not billed.whole.costs
    tokens = cost_charts.of_tokens(billed, days)
    links = {
        name: [(table, _csv(found, table, period)) for table in tables if table.rows]
        for name, tables in _tables(found, seen, days, billed, work).items()
    }
    charts = [tokens] if in_tokens and tokens else cost_charts.of_costs(billed, days)
    groups = [Group(name, *_GROUPS[name], links[name], charts if name == "billed" else ()) for name in _GROUPS]
    context = {
        "organization": found,
        "section": "costs",
        "periods": [(each.value, label, each is period) for each, label in _PERIODS.items()],
        "period": period.value,
        "days": day_range(days.first, days.last),
        "whole": seen.whole,
        "figures": _figures(billed, work, again),
        "groups": [group for group in groups if group.tables],
        "in_tokens": in_tokens,
        "has_both": bool(billed.whole.costs and tokens),
        "is_empty": not work.whole.jobs and not billed.by_model,
    }
    return render(request, "inference/costs.html", context)


@require_safe
def table_csv(request: HttpRequest, organization: str) -> HttpResponse:
    """One of the tables, whole."""
    found, seen, jobs = _entered(request, organization)
    days = _days(_period(request))
    tables = _tables(found, seen, days, costs.billed(seen, days), costs.work(jobs, days))
    table = next(
        (
            table
            for group in tables.values()
            for table in group
            if table.name == request.GET.get("table", "models")
        ),
        None,
    )
    if table is None:
        raise NotFound("There is no such table.")
    lines = [line for row in table.rows for line in row.values]
    return as_csv(f"{found.slug}-llm-{table.name}-{days.first}-{days.last}", [table.header, *lines])


def _entered(request: HttpRequest, organization: str) -> tuple[Organization, Seen, JobQuerySet]:
    """The organization and what of it is shown: nothing of hidden projects, as in the list of jobs."""
    actor = Actor.of(request)
    found = accounts_access.organization(actor, slug=organization, capability=Capability.VIEW_JOBS)
    return found, access.seen(actor, organization=found), access.jobs(actor, organization=found)


def _period(request: HttpRequest) -> Last:
    given = request.GET.get("period", "")
    return next((each for each in _PERIODS if each == given), _USUAL)


def _days(period: Last) -> Days:
    return days_of(Period(last=period), today=timezone.now().date())


def _tables(
    organization: Organization, seen: Seen, days: Days, billed: Billed, work: Work
) -> dict[str, Sequence[CostTable]]:
    """By what they are from."""
    return {
        "billed": [cost_tables.models(billed), cost_tables.projects(billed, seen)],
        "jobs": [
            cost_tables.tasks(work, organization),
            cost_tables.keys(work, organization),
            cost_tables.prompts(work, organization),
        ],
        "calls": [cost_tables.calls(costs.calls(seen, days))],
    }


def _figures(billed: Billed, work: Work, again: Repeated) -> list[tuple[str, str, str]]:
    """Name, figure, and a word on it."""
    failed = percent(work.whole.failed / work.whole.jobs) if work.whole.jobs else ""
    figures: list[tuple[str, str, str]] = [
        ("Cost", written(billed.whole.costs), "as billed"),
        ("Tokens", number(billed.whole.all_tokens), "as billed"),
        ("Jobs that ended", number(work.whole.jobs), ""),
        ("Failed", number(work.whole.failed), f"{failed} of the jobs" if failed else ""),
        ("Answers given again", number(again.jobs), "without asking a model"),
        ("Spared by that", written(again.costs), "what they had cost at first"),
    ]
    return figures


def _csv(organization: Organization, table: CostTable, period: Last) -> str:
    query: dict[str, Any] = {"table": table.name, "period": period.value}
    return f"{reverse('llm_costs_csv', args=[organization.slug])}?{urlencode(query)}"
