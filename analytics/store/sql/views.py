"""The views that an analyst's SQL sees, over the files of a snapshot. No Django here.

`events`: whole events, each with its person by the links known now, without who is erased, and the numbers and
texts of the properties as columns of their own (`"n:price"`, `"t:plan"`). `people`: who has an event there.
`sessions`: those of the events there (definitions: Session).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from analytics.contracts import PUBLIC, TIMES
from analytics.redaction import SQL_FUNCTION
from analytics.store.base import Range, Snapshot
from analytics.store.columns import number_name, text_name
from analytics.store.connection import identifier, literal
from analytics.store.erased import condition, erased_table, join_erased
from analytics.store.loading import between, property_column
from analytics.store.overrides import Overrides, overrides_table
from analytics.store.runs import FIELDS, PATHS
from analytics.store.schema import TYPES
from analytics.store.sql.sandbox import Job

_JSON = ("properties", "context")
_SESSIONS: Mapping[str, str] = {
    "session": "BIGINT",
    "person": "VARCHAR",
    "started_at": "TIMESTAMP",
    "ended_at": "TIMESTAMP",
    "duration": "DOUBLE",
    **dict.fromkeys(("events", "views", "customs"), "BIGINT"),
    **dict.fromkeys((*FIELDS, *PATHS), "VARCHAR"),
}
TRAITS = pa.schema({"person": pa.string(), "traits": pa.string()})


@dataclass(frozen=True, slots=True)
class Scope:
    """What the views are of: a range of a project's snapshot; `zone` is the project's, for `local_time`.

    `properties` are columns of their own; those of the names `left_out` are in no view, neither as columns nor in
    JSON. `sessions` is a file of them, and `traits` one of people's, None where the SQL does not need it.
    """

    snapshot: Snapshot
    within: Range
    zone: str
    properties: Sequence[str]
    left_out: frozenset[str] = frozenset()
    sessions: Path | None = None
    traits: Path | None = None


def job(sql: str, scope: Scope) -> Job:
    """What a process needs to run this SQL over the views."""
    files = [file.path for file in scope.snapshot.files]
    extra = [path for path in (scope.sessions, scope.traits) if path is not None]
    statements = [_events(scope), _people(scope), _sessions(scope)]
    return Job(sql, statements, [*files, *extra], _relations(scope), sorted(scope.left_out))


def columns(properties: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
    """Each view's columns: names and DuckDB types."""
    fixed = {name: "TIMESTAMP" if name in TIMES else "JSON" if name in _JSON else "VARCHAR" for name in PUBLIC}
    own = [
        (column, kind)
        for name in properties
        for column, kind in ((number_name(name), "DOUBLE"), (text_name(name), "VARCHAR"))
    ]
    return {
        "events": [*fixed.items(), ("local_time", "TIMESTAMP"), *own],
        "people": [
            ("person", "VARCHAR"),
            ("first_seen", "TIMESTAMP"),
            ("last_seen", "TIMESTAMP"),
            ("events", "BIGINT"),
            ("traits", "JSON"),
        ],
        "sessions": [*_SESSIONS.items()],
    }


def _relations(scope: Scope) -> dict[str, pa.Table]:
    snapshot = scope.snapshot
    found: dict[str, pa.Table] = {}
    if snapshot.links:
        found["overrides"] = overrides_table(snapshot.links)
    if snapshot.erased:
        found["erased"] = erased_table(snapshot.erased)
    if not snapshot.files:
        found["stored"] = pa.schema(TYPES).empty_table()
    return found


def _events(scope: Scope) -> str:
    snapshot = scope.snapshot
    people = Overrides(snapshot.links)
    zone = literal(scope.zone)
    columns = [
        *(f"e.{identifier(name)}" for name in PUBLIC if name not in {"person", *_JSON}),
        f"timezone({zone}, timezone('UTC', e.time)) AS local_time",
        f"{people.person} AS person",
        *(f"{_json(name, scope)}::JSON AS {name}" for name in _JSON),
        *(
            property_column(snapshot.files, name, is_number=is_number)
            for name in scope.properties
            for is_number in (True, False)
        ),
    ]
    source = f"read_parquet({_list(snapshot)}, union_by_name = true)" if snapshot.files else "stored"
    return f"""
        CREATE VIEW events AS SELECT {", ".join(columns)}
        FROM {source} AS e {people.join} {join_erased(snapshot.erased)}
        WHERE {between("e.time", scope.within)} AND {condition(snapshot.erased)}
    """  # noqa: S608 (names of columns and files are quoted)


def _json(name: str, scope: Scope) -> str:
    return f"{SQL_FUNCTION}(e.{name})" if scope.left_out else f"e.{name}"


def _list(snapshot: Snapshot) -> str:
    return "[" + ", ".join(literal(str(file.path)) for file in snapshot.files) + "]"


def _people(scope: Scope) -> str:
    traits = f"(FROM read_parquet([{literal(str(scope.traits))}]))" if scope.traits else _nothing(TRAITS.names)
    return f"""
        CREATE VIEW people AS
        SELECT seen.person, seen.first_seen, seen.last_seen, seen.events, traits::JSON AS traits
        FROM (
            SELECT person, min(time) AS first_seen, max(time) AS last_seen, count(*) AS events
            FROM events GROUP BY person
        ) AS seen LEFT JOIN {traits} AS known ON seen.person = known.person
    """  # noqa: S608 (names of files are quoted)


def _nothing(names: Sequence[str]) -> str:
    return f"(SELECT {', '.join(f'NULL::VARCHAR AS {name}' for name in names)} WHERE false)"


def _sessions(scope: Scope) -> str:
    if scope.sessions is not None:
        return f"CREATE VIEW sessions AS FROM read_parquet([{literal(str(scope.sessions))}])"
    columns = ", ".join(f"NULL::{kind} AS {identifier(name)}" for name, kind in _SESSIONS.items())
    return f"CREATE VIEW sessions AS SELECT {columns} WHERE false"
