"""The views that an analyst's SQL sees in ClickHouse, as what a `WITH` names. No Django here.

They have the columns of `analytics.store.sql.views` but `traits`, which ClickHouse does not have. Names that begin
with `plumbline_` are ours alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analytics.contracts import PUBLIC, TIMES, VIEW_KINDS, Kind, number_of
from analytics.store.base import Range, Snapshot, micros
from analytics.store.clickhouse.connection import name, text
from analytics.store.clickhouse.schema import NUMBERS, TEXTS
from analytics.store.clickhouse.writing import instant, of_people, visible
from analytics.store.columns import number_name, text_name
from analytics.store.cuts import LONGEST_MICROS
from analytics.store.runs import FIELDS, GAP_MICROS, PATHS

OWN = "plumbline_"
MOMENT = "DateTime64(6, 'UTC')"
# What sessions are formed by, beside what is public; see `analytics.store.clickhouse.sessions`.
_ORDER = "who, time, received_at, message_id"
_SESSIONS: Mapping[str, str] = {
    "session": "Int64",
    "person": "String",
    "started_at": MOMENT,
    "ended_at": MOMENT,
    "duration": "Float64",
    **dict.fromkeys(("events", "views", "customs"), "Int64"),
    **dict.fromkeys((*FIELDS, *PATHS), "String"),
}
_IS_VIEW = f"kind IN ({', '.join(map(text, VIEW_KINDS))})"


@dataclass(frozen=True, slots=True)
class Scope:
    """What the views are of: a range of a project's snapshot in a table; `zone` is that of `local_time`."""

    snapshot: Snapshot
    within: Range
    zone: str
    properties: Sequence[str]
    table: str


def columns(zone: str, properties: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
    """Each view's columns: names and ClickHouse types."""
    fixed = {column: MOMENT if column in TIMES else "String" for column in PUBLIC}
    own = [
        (column, kind)
        for item in properties
        for column, kind in ((number_name(item), "Nullable(Float64)"), (text_name(item), "Nullable(String)"))
    ]
    return {
        "events": [*fixed.items(), ("local_time", f"DateTime64(6, {text(zone)})"), *own],
        "people": [("person", "String"), ("first_seen", MOMENT), ("last_seen", MOMENT), ("events", "Int64")],
        "sessions": [*_SESSIONS.items()],
    }


def wrapped(sql: str, scope: Scope, rows: int) -> str:
    """A statement that gives up to so many rows of an analyst's query over the views."""
    views = {
        "plumbline_events": _stored(scope),
        "events": _events(scope),
        "people": _PEOPLE,
        "plumbline_places": _PLACES,
        "plumbline_chains": _CHAINS,
        "plumbline_cuts": _CUTS,
        "sessions": _SESSIONS_OF_CHAINS,
    }
    named = ",\n".join(f"{name(view)} AS ({query})" for view, query in views.items())
    return f"WITH {named}\nSELECT * FROM (\n{sql}\n) LIMIT {rows}"


def _stored(scope: Scope) -> str:
    """Whole events with who they are of, by the links known now, and without who is erased."""
    snapshot, span = scope.snapshot, scope.within.span
    fixed = ", ".join(f"e.{name(column)} AS {name(column)}" for column in PUBLIC if column != "person")
    whole = "".join(
        f", e.{kind}[{text(item)}] AS {name(column)}"
        for item in scope.properties
        for kind, column in ((NUMBERS, number_name(item)), (TEXTS, text_name(item)))
    )
    return f"""
        SELECT {fixed}{whole},
            {_linked(snapshot.links, "person")} AS person, {_linked(snapshot.links, "who")} AS who
        FROM {scope.table} AS e
        WHERE {visible(snapshot.project_id, snapshot.visible)} AND NOT {of_people(snapshot.erased)}
            AND e.time >= {instant(micros(span.start))} AND e.time < {instant(micros(span.end))}
    """  # noqa: S608 (names and texts are quoted)


def _linked(links: Mapping[str, str], column: str) -> str:
    """A column of `e` by links (id → person) that rows do not know of: of the loose id, else of the person."""
    if not links:
        return f"e.{column}"
    keys = f"[{', '.join(str(number_of(alias)) for alias in links)}]::Array(Int64)"
    if column == "who":
        found = f"[{', '.join(str(number_of(person)) for person in links.values())}]::Array(Int64)"
    else:
        found = f"[{', '.join(map(text, links.values()))}]"
    return f"transform(e.loose, {keys}, {found}, transform(e.who, {keys}, {found}, e.{column}))"


def _events(scope: Scope) -> str:
    return f"SELECT * EXCEPT (who), toTimeZone(time, {text(scope.zone)}) AS local_time FROM plumbline_events"  # noqa: S608


_PEOPLE = """
    SELECT person, min(time) AS first_seen, max(time) AS last_seen, toInt64(count()) AS events
    FROM plumbline_events GROUP BY person
"""
# Events numbered by person and time.
_PLACES = f"""
    SELECT *, toUnixTimestamp64Micro(time) AS at,
        toInt64(row_number() OVER narrow) AS place,
        lagInFrame(who) OVER narrow AS whose,
        lagInFrame(toUnixTimestamp64Micro(time)) OVER narrow AS before
    FROM plumbline_events
    WINDOW narrow AS (ORDER BY {_ORDER} ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
"""  # noqa: S608 (our names)
# Sessions without the bound on their length: `chain` is the place of the first event.
_CHAINS = f"""
    SELECT *, max(if(place = 1 OR whose != who OR at - before > {GAP_MICROS}, place, 0))
        OVER (ORDER BY place ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS chain
    FROM plumbline_places
"""  # noqa: S608 (numbers)
# Of each chain that is too long, the places where its sessions begin after the first; see `analytics.store.cuts`.
_CUTS = f"""
    SELECT chain, arrayFold(
        (found, event) -> if(
            event.2 - found.1 > {LONGEST_MICROS}, (event.2, arrayPushBack(found.2, event.1)), found
        ),
        arraySort(groupArray((place, at))) AS own, (own[1].2, emptyArrayInt64())
    ).2 AS firsts
    FROM plumbline_chains GROUP BY chain HAVING max(at) - min(at) > {LONGEST_MICROS}
"""  # noqa: S608 (numbers)


def _field(field: str) -> str:
    """What a session has: of its first event, or of its first or last view."""
    if field not in PATHS:
        return f"argMin({name(field)}, place) AS {name(field)}"
    found = "argMinIf" if field == "entry_path" else "argMaxIf"
    return f"coalesce({found}(path, place, {_IS_VIEW}), '') AS {name(field)}"


_SESSIONS_OF_CHAINS = f"""
    SELECT session, any(person) AS person, min(time) AS started_at, max(time) AS ended_at,
        (max(at) - min(at)) / 1e6 AS duration, toInt64(count()) AS events,
        toInt64(countIf({_IS_VIEW})) AS views, toInt64(countIf(kind = {text(Kind.TRACK)})) AS customs,
        {", ".join(map(_field, (*FIELDS, *PATHS)))}
    FROM (
        SELECT e.*, arrayLast(first -> first <= place, arrayPushFront(c.firsts, e.chain)) AS session
        FROM plumbline_chains AS e LEFT ANY JOIN plumbline_cuts AS c ON e.chain = c.chain
    )
    GROUP BY session
"""  # noqa: S608 (our names)
