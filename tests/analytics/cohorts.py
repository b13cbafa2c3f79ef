"""Make cohorts for tests, and have them computed."""

from datetime import datetime, timedelta
from typing import Any

from accounts.access import Actor
from analytics.models import Cohort, Project
from analytics.queries import cohorts as queries
from analytics.services import cohort_work, cohorts
from analytics.services.cohorts import Content
from tests.analytics.events import NOON

DAY = {"from": "2026-11-20", "to": "2026-11-20"}
LATER = NOON + timedelta(days=30)
PRO = {"field": "person.plan", "operator": "is", "values": ["pro"]}
BOUGHT: dict[str, Any] = {"done": "Buy", "period": DAY}


def is_in(*cohorts_: Cohort, operator: str = "in_cohort") -> dict[str, Any]:
    """A filter on who is in one of these."""
    return {"field": "person", "operator": operator, "values": [cohort.pk for cohort in cohorts_]}


def made(project: Project, name: str, *conditions: Any, people: Any = None) -> Cohort:
    """A cohort that nobody has computed."""
    content = Content(name=name, conditions=list(conditions) if people is None else None, people=people)
    return cohorts.create(project=project, actor=Actor(), content=content)


def changed(cohort: Cohort, *conditions: Any) -> Cohort:
    return cohorts.change(cohort=cohort, actor=Actor(), content=Content(conditions=list(conditions)))


def computed(project: Project, name: str, *conditions: Any, people: Any = None, now: datetime = LATER) -> Cohort:
    """A cohort as it is once a worker was there."""
    cohort = made(project, name, *conditions, people=people)
    Cohort.objects.filter(pk=cohort.pk).update(due_at=now)
    compute(cohort, now=now)
    return cohort


def compute(cohort: Cohort, *, now: datetime = LATER) -> None:
    cohort_work.compute_due(now=now)
    cohort.refresh_from_db()


def leased() -> Cohort:
    """The cohort that a worker begins to compute."""
    found = cohort_work._lease(LATER)
    assert found is not None
    return found


def who(cohort: Cohort) -> list[str]:
    """The members, in the order of their ids."""
    return sorted(member.person for member in queries.members(cohort, limit=1000).members)
