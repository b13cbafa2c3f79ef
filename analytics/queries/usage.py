"""What an organization used in a month, by project and day."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from accounts.errors import FieldError, Invalid
from accounts.models import Organization
from analytics.models import Project, UsageCount
from analytics.periods import add_months
from analytics.queries.quota import Standing, month_of, standing


@dataclass(frozen=True, slots=True)
class DayUsage:
    """Events that arrived on a day (UTC) and were kept."""

    day: date
    events: int


@dataclass(frozen=True, slots=True)
class ProjectUsage:
    """A project's part of the month; `by_day` has the days on which something was kept."""

    project_id: int
    name: str
    slug: str
    events: int
    by_day: tuple[DayUsage, ...]


@dataclass(frozen=True, slots=True)
class Usage:
    """A month's kept events: the largest project first, and every day of the month up to today.

    `standing` is where the organization stands now; None for a month that is over.
    """

    month: date
    events: int
    by_project: tuple[ProjectUsage, ...]
    by_day: tuple[DayUsage, ...]
    standing: Standing | None


def usage(organization: Organization, *, now: datetime, month: date | None = None) -> Usage:
    """The usage of the month that begins on this day, by default the running one."""
    current = month_of(now)
    first = month or current
    projects = tuple(_by_project(organization, first))
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
    return sorted({*found, month_of(now)}, reverse=True)


def _by_project(organization: Organization, month: date) -> list[ProjectUsage]:
    counts = UsageCount.objects.filter(
        project__organization=organization, day__gte=month, day__lt=add_months(month, 1), events__gt=0
    ).order_by("day")
    days: defaultdict[int, list[DayUsage]] = defaultdict(list)
    for count in counts:
        days[count.project_id].append(DayUsage(count.day, count.events))
    found = [
        ProjectUsage(
            project_id=project.pk,
            name=project.name,
            slug=project.slug,
            events=sum(entry.events for entry in days[project.pk]),
            by_day=tuple(days[project.pk]),
        )
        for project in Project.objects.of(organization)
    ]
    return sorted(found, key=lambda project: (-project.events, project.name))


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=place) for place in range((last - first).days + 1)]
