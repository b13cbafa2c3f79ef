"""Write to the inbox: one statement, which is one transaction unless the caller has one open."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import psycopg
from django.db import connection

from analytics.contracts import DropReason, Event
from analytics.ingestion import payloads

# One round trip and one flush of the log for everything. PostgreSQL runs both parts, whatever they return.
_STATEMENT = """
WITH entries AS (
    INSERT INTO analytics_inboxentry (project_id, received_at, events, payload)
    SELECT * FROM unnest(%s::bigint[], %s::timestamptz[], %s::integer[], %b::bytea[])
)
INSERT INTO analytics_dropcount AS counted (project_id, day, reason, events)
SELECT * FROM unnest(%s::bigint[], %s::date[], %s::text[], %s::bigint[])
ON CONFLICT (project_id, day, reason) DO UPDATE SET events = counted.events + excluded.events
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """What a project gets: events for one row of its inbox, and drops for its ledger of the day (UTC)."""

    project_id: int
    received_at: datetime
    events: Sequence[Event]
    drops: Mapping[DropReason, int]


def write(taken: Sequence[Taken]) -> None:
    """Keep all of it or nothing; on disk when it returns, unless a transaction is open.

    Raises IntegrityError where one of the projects is gone.
    """
    rows = [one for one in taken if one.events]
    counts = _counts(taken)
    if not rows and not counts:
        return
    values = [
        [one.project_id for one in rows],
        [one.received_at for one in rows],
        [len(one.events) for one in rows],
        [payloads.pack(one.events) for one in rows],
        [project_id for project_id, _, _ in counts],
        [day for _, day, _ in counts],
        [reason for _, _, reason in counts],
        list(counts.values()),
    ]
    connection.ensure_connection()
    # Django's own cursor would write the payload into the text of the statement, twice its size.
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(_STATEMENT, values)


def _counts(taken: Sequence[Taken]) -> dict[tuple[int, date, str], int]:
    """The ledger's rows in one order for everyone, so that two writers cannot wait for each other."""
    found: Counter[tuple[int, date, str]] = Counter()
    for one in taken:
        day = one.received_at.astimezone(UTC).date()
        for reason, count in one.drops.items():
            if count > 0:
                found[one.project_id, day, reason.value] += count
    return dict(sorted(found.items()))
