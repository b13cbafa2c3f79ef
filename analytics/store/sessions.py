"""Form sessions of runs (definitions: Session) in DuckDB. No Django here.

Most runs of a large file are sessions as they stand: the person's next run on that day begins after a gap.
Pieces are all others: what small files have, what the edges of the span cut, and runs that another may follow,
namely at a midnight (UTC) with runs on both sides, and of people who are in a small file on that day or were found
to be others. Pieces of a person without a gap between them form a chain. Where pieces of a chain overlap, or it is
longer than a session may be, its events are looked at one by one.
"""

from collections.abc import Iterable, Sequence

import duckdb
import ibis
import ibis.expr.types as ir
import pyarrow as pa

from analytics.store import known
from analytics.store.base import Range, Snapshot, StoredFile, Wanted, micros
from analytics.store.connection import identifier, literal
from analytics.store.cuts import LONGEST_MICROS, Cut, cuts
from analytics.store.days import spans_of
from analytics.store.files import summary_path
from analytics.store.loading import fixed_columns, instant, interval_of, schema
from analytics.store.overrides import Overrides
from analytics.store.runs import DAY_MICROS, FIELDS, GAP_MICROS, PATHS, summary, values

_COUNTS = ("events", "views", "customs")
_DAY = f"epoch_us(first) // {DAY_MICROS}"


def form(
    own: duckdb.DuckDBPyConnection, main: Sequence[StoredFile], snapshot: Snapshot, within: Range, wanted: Wanted
) -> int:
    """Make `sessions` and `events_of_sessions` of the loaded events; how many events those are."""
    fields = [name for name in (*FIELDS, *PATHS) if name in wanted.session_fields]
    people = Overrides(snapshot.links)
    # A summary does not tell of which rows it was made; while somebody's are being erased, none is used.
    summarized = () if snapshot.erased else main
    source = "side" if summarized else "(FROM side UNION ALL BY NAME FROM main)"
    own.execute(f"CREATE TEMP TABLE pieces AS {summary(source, fields)}")
    own.execute(_marks(summarized))
    if summarized:
        own.execute(_crossing(summarized, within, people))
    own.execute(_found(summarized, within, people, fields))
    if _any(own, "found WHERE cut"):
        own.execute(_cut_pieces(within, fields))
    own.execute("INSERT INTO pieces SELECT * EXCLUDE (cut, is_piece) FROM found WHERE is_piece AND NOT cut")
    own.execute(_CHAINED)
    own.execute(_single(wanted, [day for (day,) in own.execute(_HARD_DAYS).fetchall()]))
    long = own.execute(_LONG, {"longest": LONGEST_MICROS}).fetchall()
    if found := cuts(long):
        own.register("cuts", pa.table({name: [getattr(cut, name) for cut in found] for name in Cut.__slots__}))
        own.execute(_APPLY_CUTS)
    own.execute(_formed(fields))
    own.execute(_sessions(within, fields, wanted, is_small=not main))
    own.execute(_events(wanted))
    if wanted.by_group:
        own.execute(known.GROUPS_OF_SESSIONS)
    if wanted.known:
        own.execute(_with_known(wanted))
    return int(own.execute(f"SELECT sum(events) FROM {_formed_as(wanted)}").fetchall()[0][0] or 0)  # noqa: S608 (ours)


def sessions_table(wanted: Wanted) -> ir.Table:
    """The sessions as Ibis sees them."""
    numbers = ("session", "who", *_COUNTS, "length", "interval", "last_interval")
    fields = dict.fromkeys(sorted(wanted.session_fields), "string")
    fields |= {"start": "timestamp"} | known.columns_of_people(wanted)
    return ibis.table(dict.fromkeys(numbers, "int64") | fields, name="sessions")


def events_table(wanted: Wanted) -> ir.Table:
    """The events with their sessions as Ibis sees them."""
    return ibis.table(schema(wanted) | {"session": "int64"}, name="events_of_sessions")


def _any(own: duckdb.DuckDBPyConnection, rows: str) -> bool:
    return bool(own.execute(f"SELECT EXISTS (FROM {rows})").fetchall()[0][0])


def _main_of(days: Iterable[int], columns: str) -> str:
    """What the large files have of these days (UTC, since 1970)."""
    parts = [
        f"SELECT {columns} FROM main WHERE time >= {instant(start)} AND time < {instant(end)}"  # noqa: S608 (names)
        for start, end in spans_of(days)
    ]
    return " UNION ALL ".join(parts) or f"SELECT {columns} FROM main LIMIT 0"  # noqa: S608 (names are quoted)


def _marks(main: Sequence[StoredFile]) -> str:
    """Who may have a piece on which day beside the runs of the large files; such runs are pieces too."""
    loose = f"UNION SELECT who, {_DAY} FROM {_summaries(main)} WHERE loose <> 0" if main else ""  # noqa: S608
    return f"CREATE TEMP TABLE marks AS SELECT who, {_DAY} AS day FROM pieces {loose}"  # noqa: S608


def _crossing(main: Sequence[StoredFile], within: Range, people: Overrides) -> str:
    """The runs of the large files that another of the same person may follow at a midnight, or precede."""
    begins, ends = (f"epoch_us({name}) % {DAY_MICROS}" for name in ("first", "last"))
    near = {
        _DAY: f"{begins} <= {GAP_MICROS}",
        f"{_DAY} + 1": f"{DAY_MICROS} - {ends} <= {GAP_MICROS}",
    }
    runs = f"SELECT e.run, {people.who} AS who, e.first, e.last {_in_span(main, within, people)}"
    edges = " UNION ALL ".join(
        f"SELECT run, who, {midnight} AS midnight FROM {rows} WHERE {is_near}"  # noqa: S608 (as below)
        for rows in (f"({runs})", "(SELECT NULL AS run, * EXCLUDE (run) FROM pieces)")
        for midnight, is_near in near.items()
    )
    return f"""
        CREATE TEMP TABLE edges AS {edges};
        CREATE TEMP TABLE crossing AS
        SELECT DISTINCT run, true AS is_crossing
        FROM edges SEMI JOIN (
            SELECT who, midnight FROM edges GROUP BY ALL HAVING count(*) > 1
        ) USING (who, midnight) WHERE run IS NOT NULL
    """  # noqa: S608 (names of columns and files are quoted)


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
            {_in_span(main, within, people)}
        ), marked AS (SELECT DISTINCT who, day, true AS is_marked FROM marks)
        SELECT runs.*, coalesce(is_marked, false) OR coalesce(is_crossing, false) {renamed} AS is_piece
        FROM runs LEFT JOIN marked ON runs.who = marked.who AND {_DAY} = marked.day
        LEFT JOIN crossing ON runs.run = crossing.run
    """  # noqa: S608 (names of columns and files are quoted)


def _in_span(main: Sequence[StoredFile], within: Range, people: Overrides) -> str:
    """The rest of a selection from the summaries: those runs that have a part in the span."""
    start, end = (instant(micros(moment)) for moment in (within.span.start, within.span.end))
    return f"FROM {_summaries(main)} {people.join} WHERE e.last >= {start} AND e.first < {end}"


def _summaries(main: Sequence[StoredFile]) -> str:
    files = ", ".join(literal(str(summary_path(file.path))) for file in main)
    return f"read_parquet([{files}]) AS e"


def _cut_pieces(within: Range, fields: Sequence[str]) -> str:
    """What the span has of the runs that it cuts: a run is of one day, so they are of its first and last."""
    days = {micros(moment) // DAY_MICROS for moment in (within.span.start, within.span.end)}
    cut = f"(FROM ({_main_of(days, '*')}) WHERE run IN (SELECT run FROM found WHERE cut))"  # noqa: S608 (names only)
    return f"INSERT INTO pieces {summary(cut, fields)}"


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


_HARD_DAYS = f"SELECT DISTINCT {_DAY} FROM chained SEMI JOIN hard USING (chain)"  # noqa: S608 (as above)


def _single(wanted: Wanted, days: Sequence[int]) -> str:
    """The events of the hard chains, which have some on these days, in their order, each with its session: so far
    that of its chain.
    """
    columns = ", ".join(["time", "run", "place", *map(identifier, fixed_columns(wanted))])
    return f"""
        CREATE TEMP TABLE single AS
        WITH own AS (SELECT run, who, chain FROM chained SEMI JOIN hard USING (chain)), numbered AS (
            SELECT *, row_number() OVER (ORDER BY chain, time, received_at, message_id) AS number
            FROM (SELECT {columns} FROM side UNION ALL {_main_of(days, columns)}) JOIN own USING (run)
            {"" if days else "LIMIT 0"}
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
        CREATE TEMP VIEW runs AS
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


def _sessions(within: Range, fields: Sequence[str], wanted: Wanted, *, is_small: bool) -> str:
    """All sessions; a table where they are few, since each question plans a view again."""
    names = ", ".join(("who", "first", "last", *_COUNTS, *fields))
    return f"""
        CREATE TEMP {"TABLE" if is_small else "VIEW"} {_formed_as(wanted)} AS
        SELECT session, {names}, first AS start, epoch_us(last) - epoch_us(first) AS length,
            {interval_of("first", within)} AS interval, {interval_of("last", within)} AS last_interval
        FROM (
            SELECT run AS session, {names} FROM found WHERE NOT (cut OR is_piece)
            UNION ALL SELECT session, {names} FROM formed
        )
    """  # noqa: S608 (names are ours)


def _formed_as(wanted: Wanted) -> str:
    """What the sessions are called as long as they are nothing but formed."""
    return "all_sessions" if wanted.known else "sessions"


def _with_known(wanted: Wanted) -> str:
    """The sessions with what is known of their people; by group, those of a group."""
    who = ("EXCLUDE (who)", ", groups.who AS who") if wanted.by_group else ("", "")
    return f"""
        CREATE TEMP VIEW sessions AS SELECT e.* {who[0]} {who[1]} {known.beside(wanted, sessions=True)}
        FROM all_sessions AS e {known.joins(wanted, sessions=True)}
    """  # noqa: S608 (names are ours)


def _events(wanted: Wanted) -> str:
    """The events with their sessions."""
    who = ", groups.who AS who" if wanted.by_group else ""
    formed = f"""
        CREATE TEMP VIEW {"all_events_of_sessions" if wanted.known else "events_of_sessions"} AS
        SELECT e.* EXCLUDE (run, place, loose), coalesce(single.session, runs.session, e.run) AS session
        FROM (FROM side UNION ALL BY NAME FROM main) AS e
        LEFT JOIN runs ON e.run = runs.run
        LEFT JOIN single ON e.run = single.run AND e.place = single.place
    """  # noqa: S608 (as below)
    if not wanted.known:
        return formed
    return f"""{formed};
        CREATE TEMP VIEW events_of_sessions AS
        SELECT e.* {"EXCLUDE (who)" if who else ""} {who} {known.beside(wanted)}
        FROM all_events_of_sessions AS e {known.joins(wanted)}
    """  # noqa: S608 (names are ours)
