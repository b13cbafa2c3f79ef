"""The SQL that gives a reading its events in DuckDB. No Django here.

Two relations have the events of the span: `main`, a view of the large files, of which each question reads what it
needs, and `side`, a table of what the many small files have, so that they are opened once. A file is large once it
has a summary of its runs; two large files never share a day in `main`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

import duckdb
import ibis
import ibis.expr.types as ir

from analytics.contracts import COLUMNS, TIMES
from analytics.store import known
from analytics.store.base import Range, Snapshot, StoredFile, Wanted, micros, pieces
from analytics.store.columns import GROUP, JSON_ONLY, number_name, text_name
from analytics.store.connection import identifier, literal
from analytics.store.erased import Erased, condition, join_erased, register_erased
from analytics.store.overrides import Overrides
from analytics.store.runs import COLUMNS as RUN_COLUMNS

# What sessions are formed of, beside their fields.
_OF_SESSIONS = ("kind", "path", "received_at", "message_id")


def parted(files: Iterable[StoredFile]) -> tuple[list[StoredFile], list[StoredFile]]:
    """The files of `main`, and those of `side`."""
    main: list[StoredFile] = []
    side: list[StoredFile] = []
    for file in sorted(files, key=lambda file: (-file.rows, str(file.path))):
        shares = any(other.first_day <= file.last_day and file.first_day <= other.last_day for other in main)
        (side if shares or not file.is_summarized else main).append(file)
    return main, side


@dataclass(frozen=True, slots=True)
class Loaded:
    """The files of `main`; and by group, the groups that there are, by their numbers."""

    main: list[StoredFile]
    groups: dict[int, str] | None


def load(own: duckdb.DuckDBPyConnection, snapshot: Snapshot, within: Range, wanted: Wanted) -> Loaded:
    """Make `side`, `main` and their union `events`."""
    main, side = parted(snapshot.files)
    people = Overrides(snapshot.links)
    people.register(own)
    register_erased(own, snapshot.erased)
    own.execute(f"CREATE TEMP TABLE side AS {_select(side, within, wanted, people, snapshot.erased)}")
    own.execute(f"CREATE TEMP VIEW main AS {_select(main, within, wanted, people, snapshot.erased)}")
    known.register(own, snapshot.known, wanted)
    groups = known.register_groups(own) if wanted.by_group else None
    own.execute(f"CREATE TEMP VIEW events AS {known.events(list(schema(wanted)), wanted)}")
    return Loaded(main, groups)


def rows_of(own: duckdb.DuckDBPyConnection, main: Sequence[StoredFile], snapshot: Snapshot, within: Range) -> int:
    """How many events were loaded; where the span has a large file whole, that is known."""
    whole = [] if snapshot.erased else [file for file in main if _has(within, file)]
    cut = [file for file in main if file not in whole]
    counted = _select(cut, within, Wanted(), Overrides({}), snapshot.erased)
    rest = own.execute(f"SELECT (SELECT count(*) FROM side) + (SELECT count(*) FROM ({counted}))").fetchall()  # noqa: S608
    return sum(file.rows for file in whole) + int(rest[0][0])


def _has(within: Range, file: StoredFile) -> bool:
    first, last = (datetime.combine(day, time.min, UTC) for day in (file.first_day, file.last_day))
    whole = within.span.start <= first and last + timedelta(days=1) <= within.span.end
    return whole and not within.moments


def fixed_columns(wanted: Wanted) -> list[str]:
    """The columns of segments that are read as they are."""
    of_sessions = {*_OF_SESSIONS, *wanted.session_fields} if wanted.sessions else set()
    of_groups = {"group_id"} if wanted.by_group or wanted.group_traits else set()
    return sorted((wanted.columns | of_sessions | of_groups) & ({*COLUMNS} - {"time", "person"}))


def events_table(wanted: Wanted) -> ir.Table:
    """The events as Ibis sees them."""
    return ibis.table(schema(wanted), name="events")


def schema(wanted: Wanted) -> dict[str, str]:
    columns = {"time": "timestamp", "who": "int64"}
    columns |= {"person": "string"} if "person" in wanted.columns else {}
    columns |= {name: "timestamp" if name in TIMES else "string" for name in sorted(wanted.columns - set(columns))}
    columns |= {number_name(name): "float64" for name in sorted(wanted.numbers)}
    columns |= {text_name(name): "string" for name in sorted(wanted.texts)}
    columns |= known.columns_of_people(wanted) | known.trait_columns(GROUP, wanted.group_traits)
    return columns | {"interval": "int64"}


def _select(files: Sequence[StoredFile], within: Range, wanted: Wanted, people: Overrides, erased: Erased) -> str:
    if not files:
        return _nothing(wanted)
    columns = [
        f"e.time, {people.who} AS who",
        *([f"{people.loose} AS loose, e.run, e.place"] if wanted.sessions else []),
        *([f"{people.person} AS person"] if "person" in wanted.columns else []),
        *(f"e.{identifier(name)}" for name in fixed_columns(wanted)),
        *(property_column(files, name, is_number=True) for name in sorted(wanted.numbers)),
        *(property_column(files, name, is_number=False) for name in sorted(wanted.texts)),
        f"{interval_of('e.time', within)} AS interval",
    ]
    paths = ", ".join(literal(str(file.path)) for file in files)
    return f"""
        SELECT {", ".join(columns)}
        FROM read_parquet([{paths}], union_by_name = true) AS e {people.join} {join_erased(erased)}
        WHERE {between("e.time", within)} AND {condition(erased)}
    """  # noqa: S608 (names of columns and files are quoted)


def _nothing(wanted: Wanted) -> str:
    """The same columns without a row."""
    kinds = {"time": "TIMESTAMP", "who": "BIGINT"}
    kinds |= dict.fromkeys(("loose", *RUN_COLUMNS), "BIGINT") if wanted.sessions else {}
    names = [*(["person"] if "person" in wanted.columns else []), *fixed_columns(wanted)]
    kinds |= {name: "TIMESTAMP" if name in TIMES else "VARCHAR" for name in names}
    kinds |= {number_name(name): "DOUBLE" for name in wanted.numbers}
    kinds |= {text_name(name): "VARCHAR" for name in wanted.texts}
    kinds["interval"] = "BIGINT"
    return f"SELECT {', '.join(f'NULL::{kind} AS {identifier(name)}' for name, kind in kinds.items())} WHERE false"


def between(column: str, within: Range) -> str:
    """The condition that a time is in the range."""
    start, end = (instant(micros(moment)) for moment in (within.span.start, within.span.end))
    moments = ", ".join(instant(at) for at in sorted(map(micros, within.moments)))
    chosen = f" AND {column} IN ({moments})" if moments else ""
    return f"{column} >= {start} AND {column} < {end}{chosen}"


def instant(at: int) -> str:
    """A moment, in µs since 1970, as SQL."""
    return f"make_timestamp({at}::BIGINT)"


def interval_of(column: str, within: Range) -> str:
    """The place of a time's interval: whole numbers only, so that no zone or rounding of the engine has a say."""
    time = f"epoch_us({column})"
    arms = [
        f"{first} + ({time} - {micros(start)}) // {length}" for start, length, first in pieces(within.intervals)
    ]
    if not arms:
        return "NULL::BIGINT"
    starts = [start for start, _, _ in pieces(within.intervals)][1:]
    conditions = [f"WHEN {time} < {micros(start)} THEN {arm}" for start, arm in zip(starts, arms, strict=False)]
    return f"CASE {' '.join(conditions)} ELSE {arms[-1]} END::BIGINT" if conditions else f"({arms[-1]})::BIGINT"


def property_column(files: Sequence[StoredFile], name: str, *, is_number: bool) -> str:
    """A property's column; from the JSON where a file may have it there only; NULL where no file has it."""
    column = number_name(name) if is_number else text_name(name)
    sources = []
    if any(column in file.property_columns for file in files):
        sources.append(f"e.{identifier(column)}")
    lacking = [file for file in files if column not in file.property_columns]
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
