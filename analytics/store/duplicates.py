"""Find events that are stored already, by message id. No Django here."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pyarrow as pa

from analytics.contracts import Event
from analytics.store.connection import Limits, cursor

# A message sent again has its own time, or that of its second arrival.
NEAR = timedelta(days=1)

_QUERY = """
    SELECT DISTINCT arriving.place FROM arriving
    JOIN read_parquet($files, union_by_name = true) AS stored USING (message_id)
    WHERE abs(datediff('day', stored.time, arriving.time)) <= $days
"""


def first_of_each(events: Sequence[Event]) -> list[int]:
    """The places of the events whose message id was not there before among these."""
    ids = [event.message_id for event in events]
    # From behind, the first of an id is the one that stays.
    return sorted(dict(zip(reversed(ids), reversed(range(len(ids))), strict=True)).values())


def stored_already(events: Sequence[Event], files: Sequence[Path], limits: Limits) -> set[int]:
    """The places of the events that one of these files has, on the same day (UTC) or one beside it."""
    if not files:
        return set()
    with cursor(limits) as own:
        own.register("arriving", arriving_table(events))
        rows = own.execute(_QUERY, {"files": [str(file) for file in files], "days": NEAR.days}).fetchall()
    return {place for (place,) in rows}


def arriving_table(events: Sequence[Event]) -> pa.Table:
    """Place, message id and time of each."""
    return pa.table(
        {
            "place": pa.array(range(len(events)), pa.int64()),
            "message_id": pa.array([event.message_id for event in events], pa.string()),
            "time": pa.array([event.time for event in events], pa.int64()).cast(pa.timestamp("us")),
        }
    )
