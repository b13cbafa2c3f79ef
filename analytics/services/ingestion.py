"""Accept events: on disk when it returns, and every one that is not kept is counted."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from analytics.contracts import DropReason, Event
from analytics.ingestion import payloads
from analytics.models import DropCount, InboxEntry, Project

NOTHING_DROPPED: Mapping[DropReason, int] = MappingProxyType({})


@transaction.atomic
def accept(
    *,
    project: Project,
    events: Sequence[Event],
    drops: Mapping[DropReason, int] = NOTHING_DROPPED,
    received_at: datetime | None = None,
) -> None:
    """Write the events of one request to the inbox and add what was dropped to the day's ledger.

    One row for all events, in one transaction: after it returns they outlive any process.
    """
    moment = received_at or timezone.now()
    if events:
        InboxEntry.objects.create(
            project=project, received_at=moment, events=len(events), payload=payloads.pack(events)
        )
    count_drops(project=project, drops=drops, moment=moment)


def count_drops(*, project: Project, drops: Mapping[DropReason, int], moment: datetime) -> None:
    """Add to the ledger of the day (UTC), by reason; safe when many write at once."""
    day = moment.astimezone(UTC).date()
    # One order of rows for everyone, so that two requests cannot wait for each other.
    for reason, count in sorted(drops.items()):
        if count > 0:
            DropCount.objects.update_or_create(
                project=project,
                day=day,
                reason=reason.value,
                defaults={"events": F("events") + count},
                create_defaults={"events": count},
            )
