"""The SQL that loads a reading's events in ClickHouse. No Django here."""

from analytics.store.base import Range, Snapshot, Wanted, micros, pieces
from analytics.store.clickhouse.connection import name, text
from analytics.store.clickhouse.schema import NUMBERS, TEXTS
from analytics.store.clickhouse.writing import instant, of_people, visible
from analytics.store.columns import number_name, text_name
from analytics.store.loading import fixed_columns, schema
from analytics.store.sessions import GAP_MICROS, LONGEST_MICROS

MEMORY = "ENGINE = Memory"
OVERRIDES = "CREATE TEMPORARY TABLE overrides (id String, person String) ENGINE = Memory"
PERSON = "coalesce(by_id.person, by_person.person, e.person)"
# A number for the person: 64 bits of a hash, so that two people are never taken for one in practice.
WHO = "reinterpretAsInt64(cityHash64({person}))"


def load(snapshot: Snapshot, within: Range, wanted: Wanted, table: str) -> str:
    """Fill the temporary table `raw`, or `events` where no sessions are wanted."""
    person = PERSON if snapshot.links else "e.person"
    columns = [
        "e.time AS time",
        f"{WHO.format(person=person)} AS who",
        *([f"{person} AS person"] if "person" in wanted.columns else []),
        *(f"e.{name(column)} AS {name(column)}" for column in fixed_columns(wanted)),
        *(_property(NUMBERS, own, number_name(own)) for own in sorted(wanted.numbers)),
        *(_property(TEXTS, own, text_name(own)) for own in sorted(wanted.texts)),
        f"{_interval(within)} AS interval",
    ]
    start, end = instant(micros(within.span.start)), instant(micros(within.span.end))
    target = "raw" if wanted.sessions else "events"
    return f"""
        CREATE TEMPORARY TABLE {target} {MEMORY} AS SELECT {", ".join(columns)}
        FROM {table} AS e {join_overrides(snapshot)}
        WHERE {visible(snapshot.project_id, snapshot.visible)} AND NOT {of_people(snapshot.erased)}
            AND e.time >= {start} AND e.time < {end}
    """  # noqa: S608 (names are quoted)


def join_overrides(snapshot: Snapshot) -> str:
    """The SQL that joins links that rows do not know of to `e`; nothing where there are none."""
    if not snapshot.links:
        return ""
    return """
        GLOBAL LEFT ANY JOIN overrides AS by_id ON by_id.id = e.anonymous_id
        GLOBAL LEFT ANY JOIN overrides AS by_person ON by_person.id = e.person
    """


def _property(kind: str, own: str, column: str) -> str:
    """The property as a column; NULL where an event does not have it."""
    return f"e.{kind}[{text(own)}] AS {name(column)}"


def _interval(within: Range) -> str:
    """The place of the interval: whole numbers only, so that no zone or rounding of the engine has a say."""
    at = "toUnixTimestamp64Micro(e.time)"
    runs = pieces(within.intervals)
    if not runs:
        return "CAST(NULL AS Nullable(Int64))"
    arms = [f"{first} + intDiv({at} - {micros(start)}, {length})" for start, length, first in runs]
    conditions = [
        text
        for (start, _, _), arm in zip(runs[1:], arms, strict=False)
        for text in (f"{at} < {micros(start)}", arm)
    ]
    return f"toInt64(multiIf({', '.join([*conditions, arms[-1]])}))" if conditions else f"toInt64({arms[-1]})"


# Events in the order of their people and times; a session's number is the place of its first event.
FORM_SESSIONS = f"""
    CREATE TEMPORARY TABLE runs {MEMORY} AS
    SELECT * EXCEPT (begun), max(begun) OVER (ORDER BY place ROWS UNBOUNDED PRECEDING) AS session
    FROM (
        SELECT * EXCEPT (whose, since), if(place = 1 OR whose != who OR since > {GAP_MICROS}, place, 0) AS begun
        FROM (
            SELECT *,
                toInt64(row_number() OVER narrow) AS place,
                lagInFrame(who) OVER narrow AS whose,
                dateDiff('microsecond', lagInFrame(time) OVER narrow, time) AS since
            FROM raw
            WINDOW narrow AS (
                ORDER BY who, time, received_at, message_id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
            )
        )
    )
"""  # noqa: S608 (numbers)
LONG_RUNS = f"""
    SELECT session, place, toUnixTimestamp64Micro(time) FROM runs
    WHERE session IN (
        SELECT session FROM runs GROUP BY session
        HAVING dateDiff('microsecond', min(time), max(time)) > {LONGEST_MICROS}
    )
    ORDER BY place
"""  # noqa: S608 (numbers)
CUTS = "CREATE TEMPORARY TABLE cuts (run Int64, first Int64, last Int64) ENGINE = Memory"


def events_with_sessions(wanted: Wanted, *, are_cut: bool) -> str:
    """Fill `events` from `runs`, and from `cuts` if there are some."""
    columns = [name(column) for column in schema(wanted) if column != "session"]
    session = "if(c.last >= r.place, assumeNotNull(c.first), r.session)" if are_cut else "r.session"
    join = "ASOF LEFT JOIN cuts AS c ON r.session = c.run AND r.place >= c.first" if are_cut else ""
    return f"""
        CREATE TEMPORARY TABLE events {MEMORY} AS
        SELECT {", ".join(f"r.{column} AS {column}" for column in columns)}, {session} AS session
        FROM runs AS r {join}
    """  # noqa: S608 (names are quoted)
