"""What a project sent that was not kept, and why: the ledger that the customer sees."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone

from analytics.contracts import DropReason
from analytics.models import DropCount, Project

MEANINGS: dict[DropReason, str] = {
    DropReason.INVALID: "malformed: a field was missing, of the wrong type or too large",
    DropReason.BOT: "sent by a bot, by its user agent",
    DropReason.DUPLICATE: "sent before with the same message id",
    DropReason.TOO_OLD: "older than a browser's events may be (5 days)",
    DropReason.QUOTA: "over the plan's quota",
}


@dataclass(frozen=True, slots=True)
class Drop:
    """So many events of a day (UTC) were not kept for this reason; `meaning` says it in words."""

    day: date
    reason: DropReason
    events: int
    meaning: str


def drops(*, project: Project, days: int = 30, now: datetime | None = None) -> tuple[Drop, ...]:
    """The ledger of the last days including today, the newest day first, then by reason."""
    first = (now or timezone.now()).date() - timedelta(days=days - 1)
    counts = DropCount.objects.filter(project=project, day__gte=first, events__gt=0).order_by("-day", "reason")
    return tuple(
        Drop(count.day, DropReason(count.reason), count.events, MEANINGS[DropReason(count.reason)])
        for count in counts
    )
