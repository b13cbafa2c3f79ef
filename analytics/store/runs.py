"""Runs: stretches of a person's events without a long gap, numbered when a segment is written. No Django here.

A session (definitions: Session) is a run or a chain of runs, so that readers form sessions from few rows. A run
has the events of one `who` and `loose` on one day (UTC) in one segment; a `loose` id may still turn out to be
somebody else's, and takes whole runs along.
"""

from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

import pyarrow as pa
import pyarrow.compute as pc

from analytics.contracts import VIEW_KINDS, Kind

GAP_MICROS = 30 * 60 * 1_000_000
DAY_MICROS = 24 * 60 * 60 * 1_000_000
# What a session takes from its first event; with them `entry_path` and `exit_path`, of its first and last view.
FIELDS = (
    "source", "channel", "utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "referrer_host",
    "country", "device", "browser", "os",
)  # fmt: skip
PATHS = ("entry_path", "exit_path")
# A day's rows of one person follow each other in time: what is near in a query is near in the file.
ORDER = ("day", "who", "loose", "time", "received_at")
_RUN_BITS = 23
# Columns that segments have beside those of `contracts.COLUMNS`: the number of the run, and the event's place in
# it, from 0.
COLUMNS = ("run", "place")
_VIEW = f"kind IN ('{Kind.PAGE}', '{Kind.SCREEN}')"
_CUSTOM = f"kind = '{Kind.TRACK}'"


def base_of(path: Path) -> int:
    """The number of the first run of a segment's file: 40 bits of the segment's id, then room for its runs."""
    return (UUID(path.stem).int >> 88) << _RUN_BITS


def arrange(table: pa.Table, first_run: int) -> pa.Table:
    """The rows by day, person, time, receipt and message id, with their `run` and `place`."""
    kept = [name for name in table.column_names if name not in COLUMNS]
    table = table.select(kept).append_column("day", pc.floor_temporal(table["time"], unit="day"))
    table = _sorted(table)
    changed = [_changed(table, name) for name in ("day", "who", "loose")]
    time = table["time"].cast(pa.int64()).combine_chunks()
    gap = pc.greater(pc.subtract(time[1:], time[:-1]), GAP_MICROS)
    begins = pc.or_(pc.or_(changed[0], changed[1]), pc.or_(changed[2], gap))
    begins = pa.concat_arrays([pa.array([True]), begins])
    rows = pa.arange(0, table.num_rows)
    run = pc.add(pc.cumulative_sum(begins.cast(pa.int64())), first_run - 1)
    place = pc.subtract(rows, pc.cumulative_max(pc.if_else(begins, rows, 0))).cast(pa.int32())
    return table.drop_columns("day").append_column("run", run).append_column("place", place)


def _sorted(table: pa.Table) -> pa.Table:
    """Comparing texts costs; only where events of one instant were received at one instant is it needed."""
    table = table.sort_by([(name, "ascending") for name in ORDER])
    differ = [_changed(table, name) for name in ORDER]
    tied = pc.invert(pc.or_(pc.or_(pc.or_(differ[0], differ[1]), pc.or_(differ[2], differ[3])), differ[4]))
    if not pc.any(tied).as_py():
        return table
    return table.sort_by([*((name, "ascending") for name in ORDER), ("message_id", "ascending")])


def _changed(table: pa.Table, name: str) -> pa.Array:
    values = table[name].combine_chunks()
    return pc.not_equal(values[1:], values[:-1])


def summarized(table: pa.Table) -> pa.Table:
    """One row a run of arranged rows, as `summary` says it in SQL; the runs by their beginning.

    So that times that follow each other are close in the file.
    """
    begins = pc.indices_nonzero(pc.equal(table["place"], 0)).cast(pa.int64())
    ends = pa.concat_arrays([begins[1:], pa.array([table.num_rows])])
    firsts, lasts = table.take(begins), pc.subtract(ends, 1)
    columns = {
        **{name: firsts[name] for name in ("run", "who", "loose")},
        "first": firsts["time"],
        "last": table["time"].take(lasts),
        "events": pc.subtract(ends, begins),
    }
    is_view = pc.is_in(table["kind"], value_set=pa.array(VIEW_KINDS, pa.string()))
    until, views = _counted(is_view, begins, lasts)
    columns |= {"views": views, "customs": _counted(pc.equal(table["kind"], Kind.TRACK), begins, lasts)[1]}
    columns |= {name: firsts[name] for name in FIELDS}
    # Where there is no view, there is no place to take.
    paths = table["path"].filter(is_view)
    for name, place in zip(PATHS, (pc.subtract(until, views), pc.subtract(until, 1)), strict=True):
        columns[name] = paths.take(pc.if_else(pc.greater(views, 0), place, None)).fill_null("")
    return pa.table(columns).sort_by([(name, "ascending") for name in ("first", "who", "run")])


def _counted(chosen: pa.ChunkedArray, begins: pa.Array, lasts: pa.Array) -> tuple[pa.Array, pa.Array]:
    """How many rows are chosen up to the end of each run, and how many in it."""
    count = pc.cumulative_sum(chosen.cast(pa.int64()))
    until, before = count.take(lasts), pc.subtract(count.take(begins), chosen.take(begins).cast(pa.int64()))
    return until, pc.subtract(until, before)


def summary(events: str, fields: Sequence[str] = (*FIELDS, *PATHS)) -> str:
    """The SQL of one row a run over `events`, a relation with the columns of segments."""
    return f"""
        SELECT run, any_value(who) AS who, any_value(loose) AS loose, min(time) AS first, max(time) AS last,
            {values(fields, "place")}
        FROM {events} GROUP BY run
    """  # noqa: S608 (relations are ours)


def values(fields: Sequence[str], order: str) -> str:
    """The counts and fields of a run or session whose events are in this order, as SQL."""
    counts = f"count(*) AS events, count(*) FILTER ({_VIEW}) AS views, count(*) FILTER ({_CUSTOM}) AS customs"
    return ", ".join([counts, *(f"{_value(name, order)} AS {name}" for name in fields)])


def _value(field: str, order: str) -> str:
    if field not in PATHS:
        return f"arg_min({field}, {order})"
    found = "arg_min" if field == "entry_path" else "arg_max"
    return f"coalesce({found}(path, {order}) FILTER ({_VIEW}), '')"
