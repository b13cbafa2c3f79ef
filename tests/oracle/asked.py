"""A question of the oracle: a spec with the days that it means."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from analytics.kinds.base import Spec
from analytics.models import Project
from analytics.periods import Compare, Days, compared_days, days_of, today_in
from analytics.queries.answers import decoded, encoded
from analytics.queries.run import run_query
from tests.oracle.facts import label, labels


class Asked:
    """A spec asked of a project at a moment; `before` are the days it is compared with, if any."""

    def __init__(self, project: Project, spec: Spec, now: datetime) -> None:
        self.project, self.now = project, now
        self.spec: Any = spec
        self.zone = ZoneInfo(project.time_zone)
        today = today_in(self.zone, now)
        self.days = days_of(spec.period, today=today)
        self.before = compared_days(spec.period, getattr(spec, "compare", Compare.NONE), today=today)

    def answer(self) -> Any:
        """What the product answers."""
        found = run_query(project=self.project, spec=self.spec, now=self.now)
        assert decoded(encoded(found)) == found, "What is kept of an answer is the answer."
        return found.result

    @property
    def compared(self) -> tuple[date, date]:
        """The days to compare with; a day long ago if none."""
        days = self.before or Days(date(1990, 1, 1), date(1990, 1, 1))
        return days.first, days.last

    def labels(self, days: Days | None, interval: str) -> list[Any]:
        assert days is not None
        return list(labels(days.first, days.last, interval, self.zone, self.project.first_weekday))

    def label(self, at: datetime, interval: str) -> Any:
        return label(at, interval, self.zone, self.project.first_weekday)


def close(value: Any) -> Any:
    """A number up to the rounding of sums in another order."""
    return None if value is None else pytest.approx(value, rel=1e-9, abs=1e-9)
