"""Whether a project's user of ClickHouse sees that project alone, and can change nothing. No Django here.

The user itself is asked, so that it is known what holds for it, whichever statements brought it about.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from analytics.store.clickhouse.connection import text
from analytics.store.clickhouse.schema import read
from analytics.store.clickhouse.sql.ddl import bounds, meaning
from analytics.store.clickhouse.sql.door import Door, Failed
from analytics.store.clickhouse.sql.trees import nodes
from analytics.store.stop import Stop

# ClickHouse's ErrorCodes.cpp: what a user is told who may not, or of a table that the server does not have.
_DENIED = 497
_NOT_THERE = 60
# They show what other people ask, or what is stored of other projects.
SYSTEM_TABLES = ("processes", "query_log", "parts")
# Settings that everybody may give with a request, and that say only how its answer is written.
_OF_A_REQUEST = frozenset({
    "limit", "offset", "page", "select", "order", "sort", "filter", "database", "default_format", "format",
    "input_format", "output_format", "compression", "implicit_table_at_top_level",
})  # fmt: skip
_SELECT = re.compile(r"GRANT SELECT(\([^()]*\))? ON (?P<table>\S+) TO \S+")
# What a plan of ClickHouse calls the condition of row policies.
_ROW_FILTER = "Row level filter column"


def faults(door: Door, project_id: int, stop: Stop) -> list[str]:
    """What is missing, a sentence each. Raises StoreFault, and what `stop` says."""
    try:
        door.rows("SELECT currentUser()", stop)
    except Failed as error:
        return [f"the user {door.address.user} cannot log in ({_first_line(error.message)})"]
    looks = (_grants, _readonly, _bounds, _meaning, _system, partial(_rows, project_id=project_id))
    return [fault for look in looks for fault in _told(look, door, stop)]


_Look = Callable[[Door, Stop], Iterator[str]]


def _told(look: _Look, door: Door, stop: Stop) -> list[str]:
    try:
        return list(look(door, stop))
    except Failed as error:
        return [f"ClickHouse refused to say whether the user is safe ({_first_line(error.message)})"]


def _grants(door: Door, stop: Stop) -> Iterator[str]:
    table = read(door.address).replace("`", "")
    for (grant,) in door.rows("SHOW GRANTS", stop):
        found = _SELECT.fullmatch(grant)
        if found is None or found["table"].replace("`", "") != table:
            yield f"the user may do more than read {table}: {grant}"


def _readonly(door: Door, stop: Stop) -> Iterator[str]:
    query = "SELECT name FROM system.settings WHERE NOT readonly ORDER BY name"
    changeable = [name for (name,) in door.rows(query, stop) if name not in _OF_A_REQUEST]
    if _settings(door, ["readonly"], stop).get("readonly") != "1":
        yield "the setting readonly has to be 1 in the user's profile"
    elif changeable:
        yield f"the user can change settings: {', '.join(changeable[:4])}"


def _bounds(door: Door, stop: Stop) -> Iterator[str]:
    found = _settings(door, list(bounds(0, 0, 0)), stop)
    for name, value in found.items():
        if not value.isdecimal() or not int(value):
            yield f"the setting {name} has to bound the user's queries"


def _meaning(door: Door, stop: Stop) -> Iterator[str]:
    wanted = {name: str(value) for name, value in meaning().items()}
    found = _settings(door, list(wanted), stop)
    for name, value in wanted.items():
        if found.get(name) != value:
            yield f"the setting {name} has to be {value} in the user's profile"


def _settings(door: Door, names: list[str], stop: Stop) -> Mapping[str, str]:
    listed = ", ".join(map(text, names))
    return dict(door.rows(f"SELECT name, value FROM system.settings WHERE name IN ({listed})", stop))  # noqa: S608


def _system(door: Door, stop: Stop) -> Iterator[str]:
    for table in SYSTEM_TABLES:
        try:
            door.rows(f"SELECT * FROM system.{table} LIMIT 0", stop)  # noqa: S608 (our names)
        except Failed as error:
            if error.code in {_DENIED, _NOT_THERE}:
                continue
            raise
        yield f"the user may read system.{table}: set select_from_system_db_requires_grant"


def _rows(door: Door, stop: Stop, *, project_id: int) -> Iterator[str]:
    """ClickHouse's own plan says which condition it puts before everything that the user asks."""
    table = read(door.address)
    ((plan,),) = door.rows(f"EXPLAIN PLAN json = 1, actions = 1 SELECT name FROM {table}", stop)  # noqa: S608
    one = rf"equals\(project_id, {project_id}_UInt(8|16|32|64)\)"
    wanted = re.compile(rf"{one}|and\({one}, {one}\)")
    readings = [node for node in nodes(json.loads(plan)) if str(node.get("Node Type", "")).startswith("Read")]
    found = [_row_filter(node) for node in readings if "MergeTree" in node["Node Type"]]
    if not found:
        yield "ClickHouse does not say which condition it puts before a query: is the table empty?"
    elif len(found) < len(readings) or not all(wanted.fullmatch(item) for item in found):
        said = next((item for item in found if not wanted.fullmatch(item)), "") or "none"
        yield f"no row policy leaves project {project_id} alone to the user (its condition is: {said})"


def _row_filter(reading: Mapping[str, Any]) -> str:
    found = [node[_ROW_FILTER] for node in nodes(reading) if _ROW_FILTER in node]
    return str(found[0]) if len(found) == 1 else ""


def _first_line(message: str) -> str:
    return message.strip().splitlines()[0][:300] if message.strip() else "no reason given"
