"""What a person should know about a project's data before reading its numbers."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Min, Sum

from analytics.contracts import DropReason
from analytics.models import DropCount, InboxEntry, Manifest, Project

# Sealing runs every few seconds; what waits for longer means that it does not keep up.
LATE_AFTER = timedelta(minutes=1)
# Duplicates and bots are dropped by design; these may be a fault of the sender's set-up.
TELLING_REASONS = (DropReason.INVALID, DropReason.TOO_OLD, DropReason.QUOTA)


@dataclass(frozen=True, slots=True)
class Health:
    """`waiting_since` is set where accepted events do not come through; `dropped` counts a week's lost events."""

    waiting_since: datetime | None
    dropped: int


def has_events(project: Project) -> bool:
    """Whether anything has been stored yet."""
    return Manifest.objects.filter(project=project, data_up_to__isnull=False).exists()


def health(project: Project, *, now: datetime) -> Health:
    oldest = InboxEntry.objects.filter(project=project).aggregate(oldest=Min("received_at"))["oldest"]
    lost = DropCount.objects.filter(
        project=project, day__gte=(now - timedelta(days=7)).date(), reason__in=TELLING_REASONS
    ).aggregate(events=Sum("events"))["events"]
    late = oldest is not None and now - oldest > LATE_AFTER
    return Health(waiting_since=oldest if late else None, dropped=lost or 0)
