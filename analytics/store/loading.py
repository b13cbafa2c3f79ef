"""The SQL that loads a reading's events in DuckDB. No Django here."""

import ibis
import ibis.expr.types as ir

from analytics.contracts import TIMES
from analytics.store.base import Range, Snapshot, Wanted, micros, pieces
from analytics.store.columns import JSON_ONLY, number_name, text_name
from analytics.store.connection import identifier, literal
from analytics.store.erased import condition, join_erased
from analytics.store.overrides import PERSON, join_overrides
from analytics.store.sessions import GAP_MICROS

# What orders events of one instant.
ORDERING = ("received_at", "message_id")


def fixed_columns(wanted: Wanted) -> list[str]:
    return sorted((wanted.columns | set(ORDERING if wanted.sessions else ())) - {"time", "person"})


def load(snapshot: Snapshot, within: Range, wanted: Wanted) -> str:
    """Fill the temporary table `raw`."""
    columns = [
        "e.time",
        f"{PERSON if snapshot.links else 'e.person'} AS person",
        *(f"e.{identifier(name)}" for name in fixed_columns(wanted)),
        *(_property(snapshot, name, is_number=True) for name in sorted(wanted.numbers)),
        *(_property(snapshot, name, is_number=False) for name in sorted(wanted.texts)),
        f"{_interval(within)} AS interval",
    ]
    files = ", ".join(literal(str(file.path)) for file in snapshot.files)
    return f"""
        CREATE TEMP TABLE raw AS SELECT {", ".join(columns)}
        FROM read_parquet([{files}], union_by_name = true) AS e
        {join_overrides(snapshot.links)} {join_erased(snapshot.erased)}
        WHERE {condition(snapshot.erased)}
            AND e.time >= {_instant(micros(within.span.start))} AND e.time < {_instant(micros(within.span.end))}
    """  # noqa: S608 (names of columns and files are quoted)


def load_nothing(wanted: Wanted) -> str:
    """Fill `raw` of a project without events."""
    columns = {**schema(wanted), **dict.fromkeys(fixed_columns(wanted), "string"), "person": "string"}
    columns |= dict.fromkeys(TIMES, "timestamp")
    kinds = {"timestamp": "TIMESTAMP", "string": "VARCHAR", "float64": "DOUBLE", "int64": "BIGINT"}
    names = [name for name in columns if name not in {"who", "place", "session"}]
    typed = ", ".join(f"{identifier(name)} {kinds[columns[name]]}" for name in names)
    return f"CREATE TEMP TABLE raw ({typed})"


# Numbers for people: what sorts and counts them then compares numbers and not texts.
PEOPLE = """
    CREATE TEMP TABLE people AS SELECT person, row_number() OVER () AS who FROM (SELECT DISTINCT person FROM raw)
"""


def number_people(wanted: Wanted) -> str:
    """Fill `events` of a reading without sessions."""
    columns = ", ".join(map(identifier, schema(wanted)))
    return f"CREATE TEMP TABLE events AS SELECT {columns} FROM raw JOIN people USING (person)"  # noqa: S608


def form_sessions(wanted: Wanted) -> str:
    """Fill `events` with its sessions. The window sorts few columns; the others are joined by row."""
    columns = ", ".join(map(identifier, schema(wanted)))
    return f"""
        CREATE TEMP TABLE events AS
        WITH ordered AS (
            SELECT raw.rowid AS row, time, who,
                row_number() OVER narrow AS place,
                lag(time) OVER narrow AS before,
                lag(who) OVER narrow AS whose
            FROM raw JOIN people USING (person)
            WINDOW narrow AS (ORDER BY who, time, received_at, message_id)
        ), begun AS (
            SELECT row, who, place,
                CASE WHEN whose IS DISTINCT FROM who OR epoch_us(time) - epoch_us(before) > {GAP_MICROS}
                THEN place END AS start
            FROM ordered
        ), runs AS (
            SELECT row, who, place, max(start) OVER (ORDER BY place ROWS UNBOUNDED PRECEDING) AS session FROM begun
        )
        SELECT {columns} FROM raw JOIN runs ON raw.rowid = runs.row
    """  # noqa: S608 (names of columns are quoted)


LONG_RUNS = """
    WITH long AS (
        SELECT session FROM events GROUP BY session HAVING epoch_us(max(time)) - epoch_us(min(time)) > $longest
    )
    SELECT session, place, epoch_us(time) FROM events SEMI JOIN long USING (session) ORDER BY place
"""
APPLY_CUTS = """
    UPDATE events SET session = cuts.first FROM cuts
    WHERE events.session = cuts.run AND events.place BETWEEN cuts.first AND cuts.last
"""


def events_table(wanted: Wanted) -> ir.Table:
    """The loaded events as Ibis sees them."""
    return ibis.table(schema(wanted), name="events")


def schema(wanted: Wanted) -> dict[str, str]:
    columns = {"time": "timestamp", "who": "int64"}
    columns |= {"person": "string"} if "person" in wanted.columns else {}
    columns |= {name: "timestamp" if name in TIMES else "string" for name in sorted(wanted.columns - set(columns))}
    columns |= {number_name(name): "float64" for name in sorted(wanted.numbers)}
    columns |= {text_name(name): "string" for name in sorted(wanted.texts)}
    columns["interval"] = "int64"
    return columns | ({"place": "int64", "session": "int64"} if wanted.sessions else {})


def _instant(at: int) -> str:
    return f"make_timestamp({at}::BIGINT)"


def _interval(within: Range) -> str:
    """The place of the interval: whole numbers only, so that no zone or rounding of the engine has a say."""
    arms = [
        f"{first} + (epoch_us(e.time) - {micros(start)}) // {length}"
        for start, length, first in pieces(within.intervals)
    ]
    if not arms:
        return "NULL::BIGINT"
    starts = [start for start, _, _ in pieces(within.intervals)][1:]
    conditions = [
        f"WHEN epoch_us(e.time) < {micros(start)} THEN {arm}" for start, arm in zip(starts, arms, strict=False)
    ]
    return f"CASE {' '.join(conditions)} ELSE {arms[-1]} END::BIGINT" if conditions else f"({arms[-1]})::BIGINT"


def _property(snapshot: Snapshot, name: str, *, is_number: bool) -> str:
    """A property's column; from the JSON where a file may have it there only; NULL where no file has it."""
    column = number_name(name) if is_number else text_name(name)
    sources = []
    if any(column in file.property_columns for file in snapshot.files):
        sources.append(f"e.{identifier(column)}")
    lacking = [file for file in snapshot.files if column not in file.property_columns]
    if any(JSON_ONLY in file.property_columns for file in lacking):
        sources.append(_from_json(name, is_number=is_number))
    kind = "DOUBLE" if is_number else "VARCHAR"
    return f"coalesce({', '.join([*sources, 'NULL'])})::{kind} AS {identifier(column)}"


def _from_json(name: str, *, is_number: bool) -> str:
    pointer = literal("/" + name.replace("~", "~0").replace("/", "~1"))
    value, kind = f"json_extract_string(e.properties, {pointer})", f"json_type(e.properties, {pointer})"
    if is_number:
        number = f"WHEN {kind} IN ('BIGINT', 'UBIGINT', 'DOUBLE', 'HUGEINT') THEN TRY_CAST({value} AS DOUBLE)"
        return f"CASE {number} WHEN {kind} = 'BOOLEAN' THEN ({value} = 'true')::DOUBLE END"
    return f"CASE WHEN {kind} IN ('VARCHAR', 'BOOLEAN') THEN {value} END"
