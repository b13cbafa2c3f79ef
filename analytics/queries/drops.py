"""What a project sent that was not kept, and why: the ledger that the customer sees."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.utils import timezone

from analytics.contracts import DropReason
from analytics.models import DropCount, Project

MEANINGS: dict[DropReason, str] = {
    DropReason.INVALID: "malformed: a field was missing, of the wrong type or too large",
    DropReason.BOT: "sent by a bot, by its user agent",
    DropReason.DUPLICATE: "sent before with the same message id",
    DropReason.TOO_OLD: "older than the project takes from browsers, or than the plan keeps",
    DropReason.QUOTA: "refused over the plan's quota; the sender was told, and may have sent it again later",
}


@dataclass(frozen=True, slots=True)
class Drop:
    """So many events of a day (UTC) were not kept for this reason; `meaning` says it in words."""

    day: date
    reason: DropReason
    events: int
    meaning: str


@dataclass(frozen=True, slots=True)
class Total:
    """So many events of all of the days were not kept for this reason."""

    reason: DropReason
    events: int
    meaning: str


@dataclass(frozen=True, slots=True)
class Ledger:
    """`first` and `last` are included: `drops` newest first, then by reason; `totals` largest first.

    With a reason chosen, `drops` has only its rows; the totals are of all reasons.
    """

    first: date
    last: date
    reason: DropReason | None
    drops: tuple[Drop, ...]
    totals: tuple[Total, ...]

    @property
    def by_day(self) -> tuple[tuple[date, int], ...]:
        """The dropped events of each day in order, days without one included."""
        counts: Counter[date] = Counter()
        for drop in self.drops:
            counts[drop.day] += drop.events
        days = (self.first + timedelta(days=place) for place in range((self.last - self.first).days + 1))
        return tuple((day, counts[day]) for day in days)


def ledger(
    *, project: Project, days: int = 30, reason: DropReason | None = None, now: datetime | None = None
) -> Ledger:
    """The ledger of the last days (UTC) including today, of all reasons or one."""
    last = (now or timezone.now()).astimezone(UTC).date()
    first = last - timedelta(days=days - 1)
    rows = DropCount.objects.filter(project=project, day__gte=first, day__lte=last, events__gt=0)
    found = [
        Drop(row.day, DropReason(row.reason), row.events, MEANINGS[DropReason(row.reason)])
        for row in rows.order_by("-day", "reason")
    ]
    totals: Counter[DropReason] = Counter()
    for drop in found:
        totals[drop.reason] += drop.events
    return Ledger(
        first=first,
        last=last,
        reason=reason,
        drops=tuple(drop for drop in found if reason in {None, drop.reason}),
        totals=tuple(Total(kind, events, MEANINGS[kind]) for kind, events in totals.most_common()),
    )
