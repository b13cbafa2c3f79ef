"""What one would write by hand in DuckDB over the same files, to hold Plumbline's queries against."""

import tempfile
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

_FROM = "FROM read_parquet($files) WHERE time >= $start AND time < $end"
# Sessions as the definitions have them, without the cut after 24 hours, which no person of the bench needs.
_SESSIONS = f"""
    CREATE OR REPLACE TEMP TABLE marked AS
    SELECT *, sum(begins) OVER (ORDER BY who, time ROWS UNBOUNDED PRECEDING) AS session FROM (
        SELECT who, time, kind, path, source, channel, utm_campaign, country, device, browser, os,
            (lag(time) OVER (PARTITION BY who ORDER BY time) IS NULL
            OR time - lag(time) OVER (PARTITION BY who ORDER BY time) > INTERVAL 30 MINUTE)::INTEGER AS begins
        {_FROM}
    );
    CREATE OR REPLACE TEMP TABLE sessions AS
    SELECT session, any_value(who) AS who, min(time) AS first, max(time) - min(time) AS length,
        count(*) FILTER (kind = 'page') AS views, count(*) FILTER (kind = 'track') AS customs,
        arg_min(path, time) FILTER (kind = 'page') AS entry_path,
        arg_max(path, time) FILTER (kind = 'page') AS exit_path,
        {
    ", ".join(
        f"arg_min({n}, time) AS {n}"
        for n in ("source", "channel", "utm_campaign", "country", "device", "browser", "os")
    )
}
    FROM marked GROUP BY session
"""
_FIGURES = (
    """SELECT count(*), count(DISTINCT who), sum(views), sum(customs), avg((views <= 1 AND customs = 0)::INTEGER),
    avg(epoch(length)) FROM sessions""",
    "SELECT time::DATE AS day, count(DISTINCT who) FROM marked GROUP BY day",
)
_TABLES = (
    *(
        f"SELECT {name}, count(*) AS n, count(DISTINCT who) FROM sessions GROUP BY {name} ORDER BY n DESC LIMIT 10"
        for name in (
            "source", "channel", "utm_campaign", "entry_path", "exit_path", "country", "device", "browser", "os"
        )
    ),
    """SELECT path, count(DISTINCT who) AS n, count(*) FROM marked WHERE kind = 'page'
    GROUP BY path ORDER BY n DESC LIMIT 10""",
    f"""SELECT name, count(*) AS n, count(DISTINCT who) {_FROM} AND kind = 'track'
    GROUP BY name ORDER BY n DESC LIMIT 10""",
)  # fmt: skip

# For the period, and for the one before it.
OVERVIEW = (_SESSIONS, *_FIGURES, *_TABLES)
PAGE = (_SESSIONS, *_FIGURES, _TABLES[0], _TABLES[5], _TABLES[6], *_TABLES[-2:])
OVERVIEW_BEFORE = (_SESSIONS, *_FIGURES)
TOTAL = (f"SELECT time::DATE AS day, count(*) {_FROM} GROUP BY day",)
UNIQUE = (
    f"SELECT time::DATE AS day, count(DISTINCT who) {_FROM} GROUP BY day",
    f"SELECT count(DISTINCT who) {_FROM}",
)
BY_PROPERTY = (
    f'SELECT "t:plan" AS plan, count(*) {_FROM} GROUP BY plan',
    f'SELECT "t:plan" AS plan, time::DATE AS day, count(*) {_FROM} GROUP BY plan, day',
)
PERCENTILE = (
    f'SELECT time::DATE AS day, quantile_cont("n:amount", 0.9) {_FROM} GROUP BY day',
    f'SELECT quantile_cont("n:amount", 0.9) {_FROM}',
)
SESSIONS = (
    _SESSIONS,
    "SELECT time::DATE AS day, count(DISTINCT session) FROM marked GROUP BY day",
    "SELECT count(*) FROM sessions",
)
TABLE = (f'SELECT "t:plan" AS plan, count(*) AS n {_FROM} GROUP BY plan ORDER BY n DESC LIMIT 10',)
TABLE_OF_PEOPLE = (
    f"""SELECT "t:plan" AS plan, count(*) AS n, count(DISTINCT who) {_FROM}
    GROUP BY plan ORDER BY n DESC LIMIT 10""",
    f"SELECT count(*), count(DISTINCT who) {_FROM}",
)
_ACTIVE = f"SELECT DISTINCT who, time::DATE AS day {_FROM}"
LIFECYCLE = (
    f"""WITH active AS ({_ACTIVE}), placed AS (
        SELECT who, day, lag(day) OVER (PARTITION BY who ORDER BY day) AS before FROM active
    )
    SELECT day, count(*), count(*) FILTER (before IS NULL), count(*) FILTER (day - before = 1)
    FROM placed GROUP BY day""",
)
STICKINESS = (
    f"""WITH active AS ({_ACTIVE}), each AS (SELECT who, count(*) AS days FROM active GROUP BY who)
    SELECT days, count(*) FROM each GROUP BY days""",
)
_MEASURED = """count(*), count(DISTINCT who), avg(views), avg(epoch(length)), quantile_cont(epoch(length), 0.5),
    avg((views <= 1 AND customs = 0)::INTEGER)"""
OF_SESSIONS = (
    _SESSIONS,
    f"SELECT {_MEASURED} FROM sessions",
    f"SELECT first::DATE AS day, {_MEASURED} FROM sessions GROUP BY day",
    "SELECT log2(1 + epoch(length))::INTEGER AS duration, count(*) FROM sessions GROUP BY duration",
    "SELECT least(views, 50) AS depth, count(*) FROM sessions GROUP BY depth",
)
_MONEY = """sum((round("n:amount" * 100))::BIGINT), count(*) FILTER ("n:amount" > 0),
    count(DISTINCT who) FILTER ("n:amount" > 0)"""
_BOUGHT = f"SELECT {_MONEY}, $keys {_FROM} AND name = 'Action 3' GROUP BY ALL"
REVENUE = tuple(_BOUGHT.replace("$keys", keys) for keys in ("1", "time::DATE", '"t:plan"', '"t:plan", time::DATE'))
# The first five pages of each session, one repeated counting once, and what leads where.
PATHS = (
    _SESSIONS,
    r"""
    CREATE OR REPLACE TEMP TABLE steps AS
    SELECT session, who, label, time, row_number() OVER ordered AS step, lag(label) OVER ordered AS source,
        time - lag(time) OVER ordered AS took
    FROM (
        SELECT *, lag(label) OVER (PARTITION BY session ORDER BY time, label) AS before FROM (
            SELECT session, who, time, regexp_replace(path, '/[0-9]+(/|$)', '/:number\1', 'g') AS label
            FROM marked WHERE kind = 'page'
        )
    )
    WHERE before IS NULL OR before <> label
    WINDOW ordered AS (PARTITION BY session ORDER BY time, label) QUALIFY step <= 5
    """,
    """SELECT step, source, label, count(*) AS n, count(DISTINCT who), avg(epoch(took)) FROM steps
    WHERE step > 1 GROUP BY step, source, label ORDER BY n DESC LIMIT 50""",
    """SELECT step, label, count(*) AS n, count(DISTINCT who) FROM steps
    GROUP BY step, label ORDER BY n DESC LIMIT 50""",
)
# First, last and linear touch by channel, within 30 days before.
ATTRIBUTION = (
    _SESSIONS.replace(">= $start", ">= $start - INTERVAL 30 DAY"),
    f"""
    WITH conversions AS (
        SELECT who, time, "n:amount" AS value {_FROM} AND name = 'Action 1'
    ), touched AS (
        SELECT c.who, c.time, c.value, s.channel,
            row_number() OVER (PARTITION BY c.who, c.time ORDER BY s.first) AS place,
            row_number() OVER (PARTITION BY c.who, c.time ORDER BY s.first DESC) AS back,
            count(*) OVER (PARTITION BY c.who, c.time) AS touches
        FROM conversions AS c JOIN sessions AS s
        ON c.who = s.who AND s.first <= c.time AND s.first >= c.time - INTERVAL 30 DAY
    )
    SELECT channel, count(*) FILTER (place = 1) AS n, sum(value) FILTER (place = 1), count(*) FILTER (back = 1),
        sum(value) FILTER (back = 1), sum(1 / touches), sum(value / touches)
    FROM touched GROUP BY channel ORDER BY n DESC
    """,
)
_PARTS = (
    *(f"SELECT {n}, sum(views + customs) FROM sessions GROUP BY {n}" for n in ("channel", "country", "device")),
    f"SELECT path, count(*) {_FROM} GROUP BY path",
    f'SELECT "t:plan" AS plan, count(*) {_FROM} GROUP BY plan',
)
DRIVERS = (_SESSIONS, *_PARTS)
_ROW = "time, message_id, kind, name, person, anonymous_id, path, source, country, device, properties"
NEWEST = (f"SELECT {_ROW} {_FROM} ORDER BY time DESC, message_id DESC LIMIT 50",)
PEOPLE_LIST = (
    f"""SELECT person, anonymous_id, count(*), min(time), max(time) AS last, arg_max(country, time) {_FROM}
    GROUP BY person, anonymous_id ORDER BY last DESC LIMIT 50""",
)
GROUPS_LIST = (
    _SESSIONS.replace("SELECT who, time, kind,", "SELECT group_id, who, time, kind,"),
    """SELECT group_id, count(*), count(DISTINCT session), count(DISTINCT who), min(time), max(time) AS last
    FROM marked WHERE group_id <> '' GROUP BY group_id ORDER BY last DESC LIMIT 50""",
)
# Who was active in which week, and again in which of the eight after it.
RETENTION = (
    f"""CREATE OR REPLACE TEMP TABLE active AS
    SELECT who, date_trunc('week', time)::DATE AS week, min(time) AS first, max(time) AS last
    {_FROM} GROUP BY ALL""",
    "SELECT week, count(*) FROM active GROUP BY week",
    """SELECT a.week, (b.week - a.week) // 7 AS cell, count(*) FROM active AS a JOIN active AS b
    ON a.who = b.who AND b.week BETWEEN a.week AND a.week + 56 AND b.last >= a.first GROUP BY ALL""",
)


def funnel(first: str, second: str, third: str) -> tuple[str, ...]:
    """Three steps in order, each a condition on an event, the third within 14 days of any of the first; how many
    get there, by the day on which they began, and how long it takes them.
    """
    so_far = "OVER (PARTITION BY who ORDER BY time, step ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"
    took = "epoch_us(time - began)"
    return (
        f"""CREATE OR REPLACE TEMP TABLE reached AS
        WITH fit AS (
            SELECT who, time, CASE WHEN {first} THEN 1 WHEN {second} THEN 2 ELSE 3 END AS step
            {_FROM} AND ({first} OR {second} OR {third})
        ), begun AS (
            SELECT who, time, step, max(time) FILTER (step = 1) {so_far} AS began FROM fit
        ), gone_on AS (
            SELECT who, time, step, began, max(began) FILTER (step = 2) {so_far} AS first_of_second FROM begun
        ), linked AS (
            SELECT who, time, step, CASE step WHEN 1 THEN time WHEN 2 THEN began ELSE first_of_second END AS began
            FROM gone_on
        )
        SELECT who, step, min(time) AS time, min(began) AS began FROM linked
        WHERE time - began <= INTERVAL 14 DAY GROUP BY who, step""",
        f"SELECT step, count(*), median({took}), avg({took}) FROM reached GROUP BY step",
        "SELECT began::DATE AS day, step, count(*) FROM reached GROUP BY day, step",
    )


FUNNEL = funnel("name = 'page'", "name = 'Action 1'", "name = 'Action 2'")
FUNNEL_OF_ACTIONS = funnel("name = 'Action 1'", "name = 'Action 2'", "name = 'Action 3'")


def milliseconds(files: list[str], spans: Sequence[tuple[Sequence[str], datetime, datetime]]) -> float:
    """How long statements take in a new database, each lot over its own span."""
    spill = str(Path(tempfile.gettempdir()) / "plumbline-bench-spill")
    config: dict[str, Any] = {"memory_limit": "1GB", "preserve_insertion_order": False, "temp_directory": spill}
    began = time.perf_counter()
    with duckdb.connect(config=config) as own:
        own.execute("SET enable_progress_bar = false")
        for statements, first, last in spans:
            values = {"files": files, "start": first.replace(tzinfo=None), "end": last.replace(tzinfo=None)}
            for text in statements:
                for part in text.split(";"):
                    used = {name: value for name, value in values.items() if f"${name}" in part}
                    own.execute(part, used).fetchall()
    return (time.perf_counter() - began) * 1000
