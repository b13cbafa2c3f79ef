"""Form sessions of a reading's events in ClickHouse (definitions: Session). No Django here.

Events are numbered by person and time (`place`); a session's number is the place of its first event.
"""

from typing import TYPE_CHECKING

import pyarrow as pa

from analytics.contracts import VIEW_KINDS, Kind
from analytics.store.base import Wanted
from analytics.store.clickhouse import known
from analytics.store.clickhouse.connection import name, text
from analytics.store.cuts import LONGEST_MICROS, cuts
from analytics.store.loading import schema
from analytics.store.runs import FIELDS, GAP_MICROS, PATHS

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

# Sessions without the bound on their length; `raw` has the events.
_CHAINS = f"""
    CREATE TEMPORARY TABLE chains ENGINE = Memory AS
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
_LONG = f"""
    SELECT session, place, toUnixTimestamp64Micro(time) FROM chains
    WHERE session IN (
        SELECT session FROM chains GROUP BY session
        HAVING dateDiff('microsecond', min(time), max(time)) > {LONGEST_MICROS}
    )
    ORDER BY place
"""  # noqa: S608 (numbers)
_CUTS = "CREATE TEMPORARY TABLE cuts (chain Int64, first Int64, last Int64) ENGINE = Memory"
_IS_VIEW = f"kind IN ({', '.join(map(text, VIEW_KINDS))})"


def form(own: "Client", wanted: Wanted) -> None:
    """Make `events_of_sessions` of `raw`, and `sessions`."""
    own.command(_CHAINS)
    found = cuts((chain, place, time) for chain, place, time in own.query(_LONG).result_rows)
    if found:
        own.command(_CUTS)
        own.insert_arrow("cuts", pa.table({key: [getattr(cut, key) for cut in found] for key in _CUT}))
    own.command(_events(wanted, are_cut=bool(found)))
    own.command(_sessions(wanted))
    if wanted.by_group:
        own.command(known.GROUPS_OF_SESSIONS)
        own.command(known.by_group("all_events_of_sessions", "events_of_sessions", "group_id"))
        own.command(known.by_group("all_sessions", "sessions", "session"))


_CUT = ("chain", "first", "last")


def _all(table: str, wanted: Wanted) -> str:
    """The name of a table as long as it has the events or sessions of nobody's group, too."""
    return f"all_{table}" if wanted.by_group else table


def _events(wanted: Wanted, *, are_cut: bool) -> str:
    group = ("group_id",) if wanted.by_group else ()
    columns = dict.fromkeys((*schema(wanted), "place", "kind", *_read(wanted), *group))
    session = "if(c.last >= e.place, assumeNotNull(c.first), e.session)" if are_cut else "e.session"
    join = "ASOF LEFT JOIN cuts AS c ON e.session = c.chain AND e.place >= c.first" if are_cut else ""
    return f"""
        CREATE TEMPORARY TABLE {_all("events_of_sessions", wanted)} ENGINE = Memory AS
        SELECT {", ".join(f"e.{name(column)} AS {name(column)}" for column in columns)}, {session} AS session
        FROM chains AS e {join}
    """  # noqa: S608 (names are quoted)


def _read(wanted: Wanted) -> list[str]:
    """The columns that the wanted fields of sessions are of."""
    return [*(field for field in FIELDS if field in wanted.session_fields), "path"]


def _sessions(wanted: Wanted) -> str:
    fields = [f"{_field(field)} AS {name(field)}" for field in sorted(wanted.session_fields)]
    return f"""
        CREATE TEMPORARY TABLE {_all("sessions", wanted)} ENGINE = Memory AS
        SELECT e.* {known.beside(wanted, sessions=True)} FROM (
            SELECT session, any(who) AS who, toInt64(count()) AS events,
                toInt64(countIf({_IS_VIEW})) AS views, toInt64(countIf(kind = {text(Kind.TRACK)})) AS customs,
                min(time) AS start, dateDiff('microsecond', min(time), max(time)) AS length,
                argMin(interval, place) AS interval, argMax(e.interval, place) AS last_interval
                {"".join(f", {field}" for field in fields)}
            FROM {_all("events_of_sessions", wanted)} AS e GROUP BY session
        ) AS e {known.joins(wanted, sessions=True)}
    """  # noqa: S608 (names are quoted)


def _field(field: str) -> str:
    """What a session has: of its first event, or of its first or last view."""
    if field not in PATHS:
        return f"argMin(e.{name(field)}, place)"
    found = "argMinIf" if field == "entry_path" else "argMaxIf"
    return f"coalesce({found}(path, place, {_IS_VIEW}), '')"
