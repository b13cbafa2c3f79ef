"""Count what an organization uses: each kept event once, in the transaction that stores it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta

from django.db import connection

from analytics.contracts import Event
from analytics.store.base import EPOCH

_DAY = 86_400_000_000


def count(*, project_id: int, events: Sequence[Event]) -> None:
    """Add events that have just been stored to the days (UTC) on which they arrived.

    Call this in the transaction that takes them out of the inbox: then they are counted once, whatever dies.
    Nothing that was dropped is among them, so duplicates and bots do not count.
    """
    days = _days([event.received_at for event in events])
    # One order of rows for everyone, so that two cannot wait for each other.
    rows = [(project_id, (EPOCH + timedelta(days=day)).date(), number) for day, number in sorted(days.items())]
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(_ADD, rows)


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
