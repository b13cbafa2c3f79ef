"""One of Plausible's queries, and what of our kinds is asked for it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from accounts.access import Actor
from accounts.errors import Invalid
from analytics.kinds import parse_spec
from analytics.models import Project
from analytics.plausible_stats.filters import Kept
from analytics.plausible_stats.goals import CUSTOM, Goals
from analytics.plausible_stats.request import GOAL, PROPERTY, StatsQuery, field_of
from analytics.queries.run import run_query

# What a breakdown gives at most; of more values the largest are known.
MOST_ROWS = 1_000
EVENTS: dict[str, Any] = {"field": "kind", "operator": "is", "values": ["track", "page", "screen"]}


@dataclass(frozen=True, slots=True)
class Asked:
    """A query of a project in a period (as our specs have it), and who asks it."""

    project: Project
    actor: Actor
    query: StatsQuery
    period: dict[str, str]
    kept: Kept
    now: datetime

    @property
    def fields(self) -> list[str]:
        """Our fields of the dimensions other than time."""
        return [field_of(name) for name in self.query.others]

    @property
    def kinds(self) -> list[dict[str, Any]]:
        """Which kinds of events are counted: what a filter on goals keeps is, whatever its kind."""
        if self.kept.goals is not None:
            return []
        return [CUSTOM] if self.query.by_goal else [EVENTS]

    @property
    def everybody(self) -> "Asked":
        """The visitors whether or not they reach the goal: without the filters and dimensions of its events."""
        names = [name for name in self.query.dimensions if name != GOAL and not name.startswith(PROPERTY)]
        metrics = {"metrics": ("visitors",), "dimensions": tuple(names), "order_by": ()}
        query = self.query.model_copy(update=metrics)
        return replace(self, query=query, kept=Kept(self.kept.others))

    def reaching(self, goals: Goals) -> "Asked":
        """Of these goals only, without the dimension of goals."""
        names = tuple(name for name in self.query.dimensions if name != GOAL)
        query = self.query.model_copy(update={"dimensions": names, "order_by": ()})
        return replace(self, query=query, kept=replace(self.kept, goals=goals))

    def result(self, *filters: dict[str, Any], **spec: Any) -> Any:
        """What a spec of the period answers, over what the query and these filters keep. Raises as `run_query`."""
        whole = {"period": self.period, "filters": [*self.kept.conditions, *filters], "compare": "none", **spec}
        return run_query(project=self.project, spec=parse_spec(whole), actor=self.actor, now=self.now).result

    def broken_down(self, fields: Sequence[str], columns: Sequence[Any], *filters: dict[str, Any]) -> Any:
        """A breakdown by one or two fields, the largest of the first column first."""
        return self.result(
            *filters, kind="breakdown", breakdown=list(fields), columns=list(columns), limit=MOST_ROWS
        )


def too_many(count: int, what: str) -> Invalid:
    return Invalid(f"There are over {count:,} values; with {what}, filter them.")
