"""The SQL that loads a reading's events in ClickHouse. No Django here."""

from analytics.store.base import Range, Snapshot, Wanted, micros, pieces
from analytics.store.clickhouse import known
from analytics.store.clickhouse.connection import name, text
from analytics.store.clickhouse.schema import NUMBERS, TEXTS
from analytics.store.clickhouse.writing import instant, of_people, visible
from analytics.store.columns import number_name, text_name
from analytics.store.loading import fixed_columns

MEMORY = "ENGINE = Memory"
OVERRIDES = "CREATE TEMPORARY TABLE overrides (id Int64, person String, who Int64) ENGINE = Memory"
# An event goes to the person of its loose id, if that was linked since; else to whom its person has become.
PERSON = "coalesce(by_loose.person, by_who.person, e.person)"
WHO = "assumeNotNull(coalesce(by_loose.who, by_who.who, e.who))"


def load(snapshot: Snapshot, within: Range, wanted: Wanted, table: str) -> str:
    """Fill the temporary table `target`."""
    columns = [
        "e.time AS time",
        f"{WHO if snapshot.links else 'e.who'} AS who",
        *([f"{PERSON if snapshot.links else 'e.person'} AS person"] if "person" in wanted.columns else []),
        *(f"e.{name(column)} AS {name(column)}" for column in fixed_columns(wanted)),
        *(_property(NUMBERS, own, number_name(own)) for own in sorted(wanted.numbers)),
        *(_property(TEXTS, own, text_name(own)) for own in sorted(wanted.texts)),
        f"{_interval(within)} AS interval",
    ]
    start, end = instant(micros(within.span.start)), instant(micros(within.span.end))
    moments = ", ".join(instant(at) for at in sorted(map(micros, within.moments)))
    events = f"""
        SELECT {", ".join(columns)}
        FROM {table} AS e {join_overrides(snapshot)}
        WHERE {visible(snapshot.project_id, snapshot.visible)} AND NOT {of_people(snapshot.erased)}
            AND e.time >= {start} AND e.time < {end} {f"AND e.time IN ({moments})" if moments else ""}
    """  # noqa: S608 (names are quoted)
    if wanted.known:
        # Of more than one join, `e.*` would have the columns with the table before their names.
        loaded = ", ".join(f"e.{name(column)} AS {name(column)}" for column in _names(wanted))
        events = f"SELECT {loaded} {known.beside(wanted)} FROM ({events}) AS e {known.joins(wanted)}"  # noqa: S608
    return f"CREATE TEMPORARY TABLE {target(wanted)} {MEMORY} AS {events}"


def _names(wanted: Wanted) -> list[str]:
    """The columns that are loaded, before what is known of people and groups."""
    numbers, texts = map(number_name, sorted(wanted.numbers)), map(text_name, sorted(wanted.texts))
    person = ["person"] if "person" in wanted.columns else []
    return ["time", "who", *person, *fixed_columns(wanted), *numbers, *texts, "interval"]


def target(wanted: Wanted) -> str:
    """The table that events are loaded into: `events`, where nothing is to be made of them."""
    return "raw" if wanted.sessions or wanted.by_group else "events"


def join_overrides(snapshot: Snapshot) -> str:
    """The SQL that joins links that rows do not know of to `e`; nothing where there are none."""
    if not snapshot.links:
        return ""
    return """
        GLOBAL LEFT ANY JOIN overrides AS by_loose ON by_loose.id = e.loose
        GLOBAL LEFT ANY JOIN overrides AS by_who ON by_who.id = e.who
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
