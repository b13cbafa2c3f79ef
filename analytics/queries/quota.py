"""Where an organization stands in its plan's quota of events a month (UTC)."""

import functools
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum

from django.db.models import OuterRef, QuerySet, Subquery, Sum, Value

from accounts.billing.months import midnight, month_of
from accounts.billing.thresholds import FULL, HALF
from accounts.models import Organization
from accounts.queries.plans import Limits, limits_of
from analytics.models import InboxEntry, UsageCount
from analytics.periods import add_months


class State(StrEnum):
    """From a percentage of the quota on, exactly: `warn` from the plan's `warn_from`, `over` from 100, `refused`
    from its `refuse_from`. Events are kept in every state but the last.
    """

    OK = "ok"
    WARN = "warn"
    OVER = "over"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Standing:
    """`used` is what was kept since `month` began and what still waits to be sealed, duplicates included.

    `quota` is None without a limit. `resets_at` is when the next month begins.
    """

    limits: Limits
    used: int
    waiting: int
    state: State
    month: date
    resets_at: datetime

    @property
    def quota(self) -> int | None:
        return self.limits.events_a_month

    @property
    def share(self) -> float | None:
        """Of the quota: 1.0 is all of it."""
        return self.used / self.quota if self.quota else None

    @property
    def thresholds(self) -> frozenset[int]:
        """Percentages of the quota at which people are told; each once a month."""
        return frozenset({HALF, self.limits.warn_from, FULL, self.limits.refuse_from or FULL})

    @property
    def is_half_used(self) -> bool:
        """Whether half of the quota is used, and nothing else is to be said yet."""
        return self.state is State.OK and self.quota is not None and self.used * 100 >= self.quota * HALF

    @property
    def refused_from(self) -> int | None:
        """The number of events from which on they are refused; None for never."""
        if self.quota is None or self.limits.refuse_from is None:
            return None
        return -(-self.quota * self.limits.refuse_from // 100)


def standing(organization_id: int, *, now: datetime) -> Standing:
    """Where the organization stands at this moment, in one snapshot of the database."""
    return _standing(organization_id, limits_of(organization_id), now)


def lately(organization_id: int, *, now: datetime) -> Standing | None:
    """As `standing`, but up to a second old, and None without a quota: cheap enough to ask for each request.

    Each process asks for itself, so a refusal may come a second late: by then more has been kept, and counted.
    """
    return _of_second(organization_id, int(now.timestamp()))


def forget() -> None:
    """Ask afresh from now on."""
    _of_second.cache_clear()


@functools.lru_cache(maxsize=4096)
def _of_second(organization_id: int, second: int) -> Standing | None:
    limits = limits_of(organization_id)
    if limits.events_a_month is None:
        return None
    return _standing(organization_id, limits, datetime.fromtimestamp(second, UTC))


def _standing(organization_id: int, limits: Limits, now: datetime) -> Standing:
    month = month_of(now)
    kept, waiting = _used(organization_id, month)
    return Standing(
        limits=limits,
        used=kept + waiting,
        waiting=waiting,
        state=state_of(kept + waiting, limits),
        month=month,
        resets_at=midnight(add_months(month, 1)),
    )


def state_of(used: int, limits: Limits) -> State:
    """In whole numbers, so that the edges are exact."""
    if limits.events_a_month is None:
        return State.OK
    reached = used * 100
    for state, percent in (
        (State.REFUSED, limits.refuse_from),
        (State.OVER, 100),
        (State.WARN, limits.warn_from),
    ):
        if percent is not None and reached >= limits.events_a_month * percent:
            return state
    return State.OK


def _used(organization_id: int, month: date) -> tuple[int, int]:
    """Kept and waiting events of a month. One statement: what is sealed meanwhile is in one of the two."""
    end = add_months(month, 1)
    kept = UsageCount.objects.filter(project__organization=OuterRef("pk"), day__gte=month, day__lt=end)
    waiting = InboxEntry.objects.filter(
        project__organization=OuterRef("pk"),
        received_at__gte=midnight(month),
        received_at__lt=midnight(end),
    )
    found = (
        Organization.objects.filter(pk=organization_id)
        .annotate(kept=_sum(kept), waiting=_sum(waiting))
        .values_list("kept", "waiting")
        .get()
    )
    return found[0] or 0, found[1] or 0


def _sum(rows: "QuerySet[UsageCount] | QuerySet[InboxEntry]") -> Subquery:
    """The sum over all rows as a subquery: grouped by what is the same for each of them."""
    return Subquery(rows.order_by().annotate(all=Value(1)).values("all").annotate(sum=Sum("events")).values("sum"))
