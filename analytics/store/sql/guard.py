"""What of SQL may run: one query over the views, by functions that see their arguments only. No Django here.

DuckDB's own parser reads the query (`json_serialize_sql`), and the tree that it found is walked. What is not known
here is refused, so that a newer parser opens nothing.
"""

import json
import re
from collections.abc import Iterable, Mapping, Set
from typing import Any

import duckdb

VIEWS = frozenset({"events", "people", "sessions"})
TABLE_FUNCTIONS = frozenset({"unnest", "range", "generate_series", "json_each", "json_tree"})
# Not pure, and yet harmless.
_UNSTEADY = frozenset({
    "now", "today", "current_date", "current_time", "current_timestamp", "get_current_time",
    "get_current_timestamp", "transaction_timestamp", "random", "uuid", "uuidv4", "uuidv7", "gen_random_uuid",
})  # fmt: skip
# They tell of the engine, or bring in queries that nobody has read.
_ABOUT_ENGINE = frozenset({
    "version", "json_deserialize_sql", "json_serialize_sql", "json_serialize_plan", "parse_duckdb_log_message",
    "current_catalog", "current_database", "current_query", "current_role", "current_schema", "current_schemas",
    "current_setting", "current_user", "session_user", "user", "get_block_size", "getvariable", "getenv", "error",
})  # fmt: skip
_PARSED_AS_FUNCTIONS = frozenset({"unnest", "count_star"})
_NODES = frozenset({
    "SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE", "BASE_TABLE", "SUBQUERY", "JOIN",
    "TABLE_FUNCTION", "EXPRESSION_LIST", "EMPTY", "PIVOT", "ORDER_MODIFIER", "LIMIT_MODIFIER",
    "LIMIT_PERCENT_MODIFIER", "DISTINCT_MODIFIER", "ORDER_DEFAULT", "ASCENDING", "DESCENDING",
})  # fmt: skip
_EXPRESSIONS = frozenset({
    "CONSTANT", "COLUMN_REF", "CAST", "TYPE", "CASE", "BETWEEN", "OPERATOR", "FUNCTION", "LAMBDA", "LAMBDA_REF",
    "CONJUNCTION", "SUBQUERY", "COMPARISON", "WINDOW", "STAR", "COLLATE", "POSITIONAL_REFERENCE",
})  # fmt: skip
_PLAIN_NAME = re.compile(r"[^\W\d][\w ]{0,62}")
_NOWHERE = 2**63


class Refused(Exception):
    """Why SQL does not run; `position` is the byte in it that is to blame, None where it is not one place."""

    def __init__(self, message: str, position: int | None = None) -> None:
        super().__init__(message)
        self.message, self.position = message, position


def check(own: duckdb.DuckDBPyConnection, sql: str) -> None:
    """Raises Refused unless the SQL is one query that may run."""
    ((text,),) = own.execute("SELECT json_serialize_sql(?)", [sql]).fetchall()
    parsed = json.loads(text)
    if parsed["error"]:
        raise _unparsed(parsed)
    if len(parsed["statements"]) != 1:
        raise Refused("Write one query: there is more than one statement, or none.")
    allowed, reserved = functions(own), _reserved(own)
    try:
        _Walk(allowed, reserved).visit(parsed["statements"][0]["node"], VIEWS)
    except RecursionError as error:
        raise Refused("The query is nested too deeply.") from error


def functions(own: duckdb.DuckDBPyConnection) -> Set[str]:
    """The functions that may be called: what they give depends on their arguments, or on the time."""
    query = "SELECT DISTINCT function_name, function_type, schema_name, stability FROM duckdb_functions()"
    allowed = set(_UNSTEADY | _PARSED_AS_FUNCTIONS)
    refused = set(_ABOUT_ENGINE)
    for name, kind, schema, stability in own.execute(query).fetchall():
        is_pure = kind in {"scalar", "aggregate", "window"} and stability == "CONSISTENT"
        if is_pure or (kind == "macro" and schema == "main"):
            allowed.add(name.lower())
        elif kind == "scalar" and name.lower() not in _UNSTEADY:
            refused.add(name.lower())
    return allowed - refused


def _reserved(own: duckdb.DuckDBPyConnection) -> Set[str]:
    """Names of the engine's own tables: nothing else may be called like one of them."""
    query = "SELECT view_name FROM duckdb_views() UNION SELECT table_name FROM duckdb_tables()"
    return {name.lower() for (name,) in own.execute(query).fetchall()}


def _unparsed(parsed: Mapping[str, Any]) -> Refused:
    if parsed["error_type"] == "not implemented":
        return Refused("Only a query can run: it begins with SELECT, FROM, WITH or VALUES.")
    position = parsed.get("position")
    return Refused(str(parsed["error_message"]), int(position) if position is not None else None)


class _Walk:
    """One look at every node of a parsed query."""

    def __init__(self, allowed: Set[str], reserved: Set[str]) -> None:
        self._allowed, self._reserved = allowed, reserved

    def visit(self, node: Any, tables: Set[str], *, in_from: bool = False) -> None:
        """`tables` are the names that a table may have here; raises Refused."""
        if isinstance(node, list):
            for item in node:
                self.visit(item, tables)
        elif isinstance(node, dict):
            self._kind(node)
            self._calls(node, in_from=in_from)
            self._table(node, tables)
            inner = tables | self._common_tables(node)
            is_table = node.get("type") == "TABLE_FUNCTION"
            for key, value in node.items():
                self.visit(value, inner, in_from=is_table and key == "function")

    def _kind(self, node: Mapping[str, Any]) -> None:
        kind, expression = node.get("type"), node.get("class")
        if expression is not None:
            if expression not in _EXPRESSIONS:
                raise Refused("Such an expression cannot be used here.", _position(node))
            if kind == "COLUMN_REF" and str(node["column_names"][0]).lower() in _ABOUT_ENGINE:
                raise Refused(f"{node['column_names'][0]} cannot be used here.", _position(node))
        elif isinstance(kind, str) and kind not in _NODES:
            raise Refused("Such a query cannot run here.", _position(node))

    def _calls(self, node: Mapping[str, Any], *, in_from: bool) -> None:
        if "function_name" not in node:
            return
        name = str(node["function_name"]).lower()
        known = TABLE_FUNCTIONS if in_from else self._allowed
        if name not in known or _is_qualified(node):
            raise Refused(f"The function {name} cannot be used here.", _position(node))

    def _table(self, node: Mapping[str, Any], tables: Set[str]) -> None:
        if "table_name" not in node or node.get("class") == "COLUMN_REF":
            return
        name = str(node["table_name"])
        if name.lower() not in tables or _is_qualified(node) or node.get("at_clause") is not None:
            known = "there are the views events, people and sessions, and what WITH names"
            raise Refused(f"There is no table {name}; {known}.", _position(node))

    def _common_tables(self, node: Mapping[str, Any]) -> Set[str]:
        own = node.get("cte_map")
        names = {str(item["key"]).lower() for item in own["map"]} if isinstance(own, dict) else set()
        for name in names:
            if name in self._reserved - VIEWS or not _PLAIN_NAME.fullmatch(name):
                raise Refused(f"WITH cannot name {name}: take another name.")
        return names


def _is_qualified(node: Mapping[str, Any]) -> bool:
    path: Iterable[str] = node.get("qualified_name", {}).get("path", [""])
    names = (node.get(key) for key in ("catalog", "schema", "catalog_name", "schema_name"))
    return any(names) or len(list(path)) != 1


def _position(node: Mapping[str, Any]) -> int | None:
    found = node.get("query_location")
    return found if isinstance(found, int) and found < _NOWHERE else None
