"""Count what an organization uses: each kept event once, in the transaction that stores it.

`UsageCount` is what the quota and the pages of a project read; the ledger is what is billed. They agree exactly.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from django.db import connection
from django.utils import timezone

from accounts.billing.meters import Meter
from accounts.billing.services import ledger
from accounts.billing.services.ledger import Posting
from analytics.contracts import Event
from analytics.store.base import EPOCH

_DAY = 86_400_000_000


def count(*, organization_id: int, project_id: int, batch: str, events: Sequence[Event]) -> None:
    """Add events that have just been stored to the days (UTC) on which they arrived; to the ledger an entry a day.

    Call this in the transaction that takes them out of the inbox: then they are counted once, whatever dies.
    Nothing that was dropped is among them, so duplicates and bots do not count. `batch` names the project's batch
    as no other is named, ever.
    """
    days = _days([event.received_at for event in events])
    # One order of rows for everyone, so that two cannot wait for each other.
    counts = [((EPOCH + timedelta(days=day)).date(), number) for day, number in sorted(days.items())]
    if not counts:
        return
    with connection.cursor() as cursor:
        cursor.executemany(_ADD, [(project_id, day, number) for day, number in counts])
    ledger.post(
        organization_id=organization_id,
        postings=[_posting(project_id, batch, day, number) for day, number in counts],
    )


def _posting(project_id: int, batch: str, day: date, number: int) -> Posting:
    key = f"events:{project_id}:{batch}:{day}"
    return Posting(key, Meter.EVENTS, number, timezone.now(), project_id=project_id, on=day)


def _days(received: Sequence[int]) -> Mapping[int, int]:
    """Events by day since 1970. A batch is almost always of one day: then two passes in C tell it."""
    if not received:
        return {}
    first, last = min(received) // _DAY, max(received) // _DAY
    return {first: len(received)} if first == last else Counter(moment // _DAY for moment in received)


# Django's upsert sets a value and cannot add to the one that is there.
_ADD = """
INSERT INTO analytics_usagecount AS kept (project_id, day, events) VALUES (%s, %s, %s)
ON CONFLICT (project_id, day) DO UPDATE SET events = kept.events + EXCLUDED.events
"""
