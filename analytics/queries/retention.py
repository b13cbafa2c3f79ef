"""How far back an organization's events are kept, by its plan."""

from datetime import date, datetime

from accounts.billing.months import day_of, midnight
from accounts.queries.plans import Limits, limits_of
from analytics.periods import add_months


def kept_from(organization_id: int, *, now: datetime) -> datetime | None:
    """The first instant of which events are kept: midnight (UTC) of today's day so many months ago.

    None where the plan keeps events for ever. The edge moves once a day, for everything at once: answers, arrivals
    and deletion.
    """
    return edge(limits_of(organization_id), now=now)


def edge(limits: Limits, *, now: datetime) -> datetime | None:
    """The same of what a plan allows."""
    months = limits.retention_months
    return None if months is None else midnight(first_day(months, now=now))


def first_day(months: int, *, now: datetime) -> date:
    """The first day (UTC) that is kept of this many months."""
    return add_months(day_of(now), -months)
