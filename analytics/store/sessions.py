"""Form sessions of runs (definitions: Session) in DuckDB. No Django here.

Most runs of a large file are sessions as they stand: the person's next run on that day begins after a gap.
Pieces are all others: what small files have, what the edges of the span cut, and runs that another may follow,
namely near midnight (UTC), and of people who are in a small file or were found to be others. Pieces of a person
without a gap between them form a chain. Where pieces of a chain overlap, or it is longer than a session may be,
its events are looked at one by one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

import duckdb
import ibis
import ibis.expr.types as ir
import pyarrow as pa

from analytics.store.base import Range, Snapshot, StoredFile, Wanted, micros
from analytics.store.connection import identifier, literal
from analytics.store.files import summary_path
from analytics.store.loading import fixed_columns, instant, interval_of, schema
from analytics.store.overrides import Overrides
from analytics.store.runs import DAY_MICROS, FIELDS, GAP_MICROS, PATHS, summary, values

LONGEST_MICROS = DAY_MICROS
_COUNTS = ("events", "views", "customs")
_DAY = f"epoch_us(first) // {DAY_MICROS}"


@dataclass(frozen=True, slots=True)
class Cut:
    """The events of a chain from `first` to `last` (their numbers, included) are a session of their own."""

    chain: int
    first: int
    last: int


def cuts(rows: Iterable[tuple[int, int, int]]) -> list[Cut]:
    """The sessions after the first of each long chain; `rows` are (chain, number, time in µs), by number."""
    return [cut for chain, own in groupby(rows, key=itemgetter(0)) for cut in _of_chain(chain, list(own))]


def _of_chain(chain: int, rows: list[tuple[int, int, int]]) -> list[Cut]:
    begun = rows[0][2]
    firsts: list[int] = []
    for _, number, time in rows:
        if time - begun > LONGEST_MICROS:
            begun = time
            firsts.append(number)
    ends = [*(first - 1 for first in firsts[1:]), rows[-1][1]]
    return [Cut(chain, first, last) for first, last in zip(firsts, ends, strict=True)] if firsts else []


def form(
    own: duckdb.DuckDBPyConnection, main: Sequence[StoredFile], snapshot: Snapshot, within: Range, wanted: Wanted
) -> None:
    """Make `sessions` and `events_of_sessions` of the loaded events."""
    fields = [name for name in (*FIELDS, *PATHS) if name in wanted.session_fields]
    people = Overrides(snapshot.links)
    # A summary does not tell of which rows it was made; while somebody's are being erased, none is used.
    summarized = () if snapshot.erased else main
    source = "side" if summarized else "(FROM side UNION ALL BY NAME FROM main)"
    own.execute(f"CREATE TEMP TABLE pieces AS {summary(source, fields)}")
    own.execute(_marks(summarized))
    own.execute(_found(summarized, within, people, fields))
    own.execute(_further_pieces(within, fields))
    own.execute(_CHAINED)
    own.execute(_single(wanted, is_needed=_any(own, "hard")))
    long = own.execute(_LONG, {"longest": LONGEST_MICROS}).fetchall()
    if found := cuts(long):
        own.register("cuts", pa.table({name: [getattr(cut, name) for cut in found] for name in Cut.__slots__}))
        own.execute(_APPLY_CUTS)
    own.execute(_formed(fields))
    own.execute(_view(within, fields))
    own.execute(_EVENTS)


def sessions_table(wanted: Wanted) -> ir.Table:
    """The sessions as Ibis sees them."""
    numbers = ("session", "who", *_COUNTS, "length", "interval", "last_interval")
    fields = dict.fromkeys(sorted(wanted.session_fields), "string")
    return ibis.table(dict.fromkeys(numbers, "int64") | fields, name="sessions")


def events_table(wanted: Wanted) -> ir.Table:
    """The events with their sessions as Ibis sees them."""
    return ibis.table(schema(wanted) | {"session": "int64"}, name="events_of_sessions")


def _any(own: duckdb.DuckDBPyConnection, table: str) -> bool:
    return bool(own.execute(f"SELECT EXISTS (FROM {table})").fetchall()[0][0])


def _marks(main: Sequence[StoredFile]) -> str:
    """Who may have a piece on which day beside the runs of the large files; such runs are pieces too."""
    loose = f"UNION SELECT who, {_DAY} FROM {_summaries(main)} WHERE loose <> 0" if main else ""  # noqa: S608
    return f"CREATE TEMP TABLE marks AS SELECT who, {_DAY} AS day FROM pieces {loose}"  # noqa: S608


def _found(main: Sequence[StoredFile], within: Range, people: Overrides, fields: Sequence[str]) -> str:
    """The runs of the large files that the span has or cuts, and which of them are pieces."""
    if not main:
        return "CREATE TEMP TABLE found AS SELECT *, false AS cut, true AS is_piece FROM pieces LIMIT 0"
    start, end = (instant(micros(moment)) for moment in (within.span.start, within.span.end))
    columns = "".join(f", e.{identifier(name)}" for name in (*_COUNTS, *fields))
    renamed = "OR runs.who IN (SELECT who FROM overrides)" if people.join else ""
    return f"""
        CREATE TEMP TABLE found AS
        WITH runs AS (
            SELECT e.run, {people.who} AS who, {people.loose} AS loose, e.first, e.last {columns},
                e.first < {start} OR e.last >= {end} AS cut
            FROM {_summaries(main)} {people.join}
            WHERE e.last >= {start} AND e.first < {end}
        ), marked AS (SELECT DISTINCT who, day, true AS is_marked FROM marks)
        SELECT runs.*, coalesce(is_marked, false)
            OR epoch_us(first) % {DAY_MICROS} <= {GAP_MICROS}
            OR {DAY_MICROS} - epoch_us(last) % {DAY_MICROS} <= {GAP_MICROS} {renamed} AS is_piece
        FROM runs LEFT JOIN marked ON runs.who = marked.who AND {_DAY} = marked.day
    """  # noqa: S608 (names of columns and files are quoted)


def _summaries(main: Sequence[StoredFile]) -> str:
    files = ", ".join(literal(str(summary_path(file.path))) for file in main)
    return f"read_parquet([{files}]) AS e"


def _further_pieces(within: Range, fields: Sequence[str]) -> str:
    """A run is of one day: the days of the span's edges have all that is cut."""
    days = [micros(moment) // DAY_MICROS * DAY_MICROS for moment in (within.span.start, within.span.end)]
    at_edges = f"time < {instant(days[0] + DAY_MICROS)} OR time >= {instant(days[1])}"
    cut = f"(FROM main WHERE ({at_edges}) AND run IN (SELECT run FROM found WHERE cut))"  # noqa: S608
    return f"""
        INSERT INTO pieces {summary(cut, fields)};
        INSERT INTO pieces SELECT * EXCLUDE (cut, is_piece) FROM found WHERE is_piece AND NOT cut
    """  # noqa: S608 (as above)


_CHAINED = f"""
    CREATE TEMP TABLE chained AS
    WITH ordered AS (
        SELECT *, row_number() OVER (ORDER BY who, first, run) AS number,
            max(last) OVER (
                PARTITION BY who ORDER BY first, run ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ) AS before
        FROM pieces
    ), begun AS (
        SELECT *, coalesce(before >= first, false) AS mixes,
            CASE WHEN before IS NULL OR epoch_us(first) - epoch_us(before) > {GAP_MICROS} THEN number END AS begin
        FROM ordered
    )
    SELECT *, max(begin) OVER (ORDER BY number ROWS UNBOUNDED PRECEDING) AS chain FROM begun;
    CREATE TEMP TABLE hard AS SELECT chain FROM chained GROUP BY chain
    HAVING bool_or(mixes) OR epoch_us(max(last)) - epoch_us(min(first)) > {LONGEST_MICROS}
"""  # noqa: S608 (numbers only)


def _single(wanted: Wanted, *, is_needed: bool) -> str:
    """The events of the hard chains in their order, each with its session: so far that of its chain."""
    columns = ", ".join(["time", "run", "place", *map(identifier, fixed_columns(wanted))])
    events = f"(SELECT {columns} FROM side UNION ALL SELECT {columns} FROM main)"  # noqa: S608
    limit = "" if is_needed else "LIMIT 0"
    return f"""
        CREATE TEMP TABLE single AS
        WITH own AS (SELECT run, who, chain FROM chained SEMI JOIN hard USING (chain)), numbered AS (
            SELECT *, row_number() OVER (ORDER BY chain, time, received_at, message_id) AS number
            FROM {events} JOIN own USING (run) {limit}
        )
        SELECT *, -min(number) OVER (PARTITION BY chain) AS session FROM numbered
    """  # noqa: S608 (names of columns are quoted)


_LONG = """
    WITH long AS (
        SELECT session FROM single GROUP BY session HAVING epoch_us(max(time)) - epoch_us(min(time)) > $longest
    )
    SELECT session, number, epoch_us(time) FROM single SEMI JOIN long USING (session) ORDER BY number
"""
# Sessions of single events have negative numbers, so that none is a run's.
_APPLY_CUTS = """
    UPDATE single SET session = -cuts.first FROM cuts
    WHERE single.session = cuts.chain AND single.number BETWEEN cuts.first AND cuts.last
"""


def _formed(fields: Sequence[str]) -> str:
    """The sessions of pieces; and of the runs that are no session of their own, which one they are in."""
    sums = ", ".join(f"sum({name})::BIGINT AS {name}" for name in _COUNTS)
    return f"""
        CREATE TEMP TABLE runs AS
        SELECT run, first_value(run) OVER (PARTITION BY chain ORDER BY number) AS session
        FROM chained ANTI JOIN hard USING (chain);
        CREATE TEMP TABLE formed AS
        SELECT arg_min(run, number) AS session, any_value(who) AS who,
            min(first) AS first, max(last) AS last, {sums}
            {"".join(f", {_of_pieces(name)} AS {name}" for name in fields)}
        FROM chained ANTI JOIN hard USING (chain) GROUP BY chain
        UNION ALL
        SELECT session, any_value(who), min(time), max(time), {values(fields, "number")}
        FROM single GROUP BY session
    """  # noqa: S608 (names are ours)


def _of_pieces(field: str) -> str:
    """A field's value of pieces that do not overlap; a path's of those that have a view."""
    if field not in PATHS:
        return f"arg_min({field}, number)"
    found = "arg_min" if field == "entry_path" else "arg_max"
    return f"coalesce({found}({field}, number) FILTER (views > 0), '')"


def _view(within: Range, fields: Sequence[str]) -> str:
    names = ", ".join(("who", "first", "last", *_COUNTS, *fields))
    return f"""
        CREATE TEMP VIEW sessions AS
        SELECT session, {names}, epoch_us(last) - epoch_us(first) AS length,
            {interval_of("first", within)} AS interval, {interval_of("last", within)} AS last_interval
        FROM (
            SELECT run AS session, {names} FROM found WHERE NOT (cut OR is_piece)
            UNION ALL SELECT session, {names} FROM formed
        )
    """  # noqa: S608 (names are ours)


_EVENTS = """
    CREATE TEMP VIEW events_of_sessions AS
    SELECT e.* EXCLUDE (run, place, loose), coalesce(single.session, runs.session, e.run) AS session
    FROM (FROM side UNION ALL BY NAME FROM main) AS e
    LEFT JOIN runs ON e.run = runs.run
    LEFT JOIN single ON e.run = single.run AND e.place = single.place
"""
