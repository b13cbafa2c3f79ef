"""The ledger of drops: every event that is not kept is counted by day and reason."""

from collections.abc import Mapping
from datetime import UTC, datetime

from django.db.models import F

from analytics.contracts import DropReason
from analytics.models import DropCount, Project


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
