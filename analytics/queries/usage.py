"""What an organization used in a month: events by project and day, and what the ledger has of models."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from accounts.billing.months import month_of
from accounts.billing.queries.spending import Spending, capped
from accounts.billing.queries.usage import Metered, metered
from accounts.billing.queries.usage import months_with_usage as months_of_the_ledger
from accounts.errors import FieldError, Invalid
from accounts.models import Organization
from analytics.models import Project, UsageCount
from analytics.periods import add_months
from analytics.queries.quota import Standing, standing

# What the sum of projects is called whose names the reader may not know.
OTHERS = "Projects that you do not see"


@dataclass(frozen=True, slots=True)
class DayUsage:
    """Events that arrived on a day (UTC) and were kept."""

    day: date
    events: int


@dataclass(frozen=True, slots=True)
class ProjectUsage:
    """A project's part of the month; `by_day` has the days on which something was kept.

    Without an id it is the sum of those that the reader does not know of.
    """

    project_id: int | None
    name: str
    slug: str
    events: int
    by_day: tuple[DayUsage, ...]


@dataclass(frozen=True, slots=True)
class Usage:
    """A month's kept events: the largest project first, and every day of the month up to today.

    `standing` is where the organization stands now, `caps` its spending under a cap; None and empty for a month
    that is over.
    """

    month: date
    events: int
    by_project: tuple[ProjectUsage, ...]
    by_day: tuple[DayUsage, ...]
    standing: Standing | None
    metered: Metered
    caps: tuple[Spending, ...]


def usage(
    organization: Organization, *, now: datetime, named: Collection[int], month: date | None = None
) -> Usage:
    """The usage of the month that begins on this day, by default the running one.

    `named` are the projects that the reader may know of; the others are one sum.
    """
    current = month_of(now)
    first = month or current
    projects = tuple(_as_known(_by_project(organization, first), named))
    totals: defaultdict[date, int] = defaultdict(int)
    for project in projects:
        for entry in project.by_day:
            totals[entry.day] += entry.events
    last = min(add_months(first, 1) - timedelta(days=1), max(now.date(), first))
    return Usage(
        month=first,
        events=sum(totals.values()),
        by_project=projects,
        by_day=tuple(DayUsage(day, totals[day]) for day in _days(first, last)),
        standing=standing(organization.pk, now=now) if first == current else None,
        metered=metered(organization.pk, month=first, now=now, named=named),
        caps=tuple(capped(organization.pk, now=now)) if first == current else (),
    )


def month_named(text: str) -> date:
    """The first day of a month such as `2026-11`; raises Invalid for what is none."""
    try:
        found = date.fromisoformat(f"{text}-01")
    except ValueError:
        found = date.min
    if not 1970 <= found.year < 2200:
        message = "A month is written as 2026-11."
        raise Invalid(message, fields=[FieldError("month", message)])
    return found


def months_with_usage(organization: Organization, *, now: datetime) -> list[date]:
    """The months that have something to show, the running one among them, newest first."""
    found = UsageCount.objects.filter(project__organization=organization).dates("day", "month")
    return sorted({*found, *months_of_the_ledger(organization.pk), month_of(now)}, reverse=True)


def _by_project(organization: Organization, month: date) -> list[ProjectUsage]:
    counts = UsageCount.objects.filter(
        project__organization=organization, day__gte=month, day__lt=add_months(month, 1), events__gt=0
    ).order_by("day")
    days: defaultdict[int, list[DayUsage]] = defaultdict(list)
    for count in counts:
        days[count.project_id].append(DayUsage(count.day, count.events))
    return [
        ProjectUsage(
            project_id=project.pk,
            name=project.name,
            slug=project.slug,
            events=sum(entry.events for entry in days[project.pk]),
            by_day=tuple(days[project.pk]),
        )
        for project in Project.objects.of(organization)
    ]


def _as_known(projects: Iterable[ProjectUsage], named: Collection[int]) -> list[ProjectUsage]:
    shown, days = [], defaultdict[date, int](int)
    for project in projects:
        if project.project_id in named:
            shown.append(project)
            continue
        for entry in project.by_day:
            days[entry.day] += entry.events
    if days:
        by_day = tuple(DayUsage(day, days[day]) for day in sorted(days))
        shown.append(ProjectUsage(None, OTHERS, "", sum(days.values()), by_day))
    return sorted(shown, key=lambda project: (-project.events, project.name))


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=place) for place in range((last - first).days + 1)]
