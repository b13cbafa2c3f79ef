"""Find events that are stored already, by message id. No Django here."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pyarrow as pa

from analytics.contracts import Event
from analytics.store.connection import Limits, cursor
from analytics.store.days import spans_of
from analytics.store.runs import DAY_MICROS

# A message sent again has its own time, or that of its second arrival.
NEAR = timedelta(days=1)

_QUERY = """
    WITH stored AS ({stored})
    SELECT DISTINCT arriving.place FROM arriving JOIN stored USING (message_id)
    WHERE abs(datediff('day', stored.time, arriving.time)) <= $days
"""
_STORED = """
    SELECT message_id, time FROM read_parquet($files, union_by_name = true)
    WHERE time >= make_timestamp({start}::BIGINT) AND time < make_timestamp({end}::BIGINT)
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
    # A file may be a month of a large project, of which a day or two are looked at.
    days = {event.time // DAY_MICROS for event in events}
    near = spans_of(day + aside for day in days for aside in range(-NEAR.days, NEAR.days + 1))
    stored = " UNION ALL ".join(_STORED.format(start=start, end=end) for start, end in near)
    with cursor(limits) as own:
        own.register("arriving", arriving_table(events))
        given = {"files": [str(file) for file in files], "days": NEAR.days}
        rows = own.execute(_QUERY.format(stored=stored), given).fetchall()
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
