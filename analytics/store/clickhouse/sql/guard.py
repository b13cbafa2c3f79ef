"""What of SQL may run in ClickHouse: one query over the views, by functions that see their arguments only.

ClickHouse's own parser reads the query (`parseQueryToJSON`), and the tree that it found is walked. What is not
known here is refused. It is the second lock: the user who asks sees one project anyway (`safety`). No Django here.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Any

from analytics.store.clickhouse.connection import text
from analytics.store.clickhouse.sql.door import Door
from analytics.store.clickhouse.sql.trees import nodes
from analytics.store.clickhouse.sql.views import OWN
from analytics.store.sql.guard import VIEWS, Refused
from analytics.store.stop import Stop

TABLE_FUNCTIONS = frozenset({"numbers", "generate_series", "generateSeries", "values"})
# Not pure, and yet harmless.
_UNSTEADY = frozenset({
    "now", "now64", "today", "yesterday", "curdate", "current_date", "current_timestamp", "rand", "rand32",
    "rand64", "randcanonical", "generateuuidv4", "generateuuidv7", "arrayjoin", "unnest", "arrayshuffle",
    "arrayrandomsample", "rownumberinallblocks",
})  # fmt: skip
# What the parser makes of operators and clauses, and no list of functions has.
_PARSED_AS_FUNCTIONS = frozenset({"exists", "lambda", "grouping", "casewithexpression", "casewithoutexpression"})
# They hold the server up, tell of it, or write to its log.
_ABOUT_SERVER = frozenset({
    "sleep", "sleepeachrow", "logtrace", "tid", "globalvariable", "getmaxtablenamelengthfordatabase",
    "partitionid", "gettypeserializationstreams", "pgtableisvisible", "hasthreadfuzzer", "aiembed",
    "aisimilarity", "evalmlmethod", "ismergetreepartcoveredby", "mergetreepartinfo",
})  # fmt: skip
_COMBINATORS = re.compile(
    r"(if|array|map|state|simplestate|merge|mergestate|foreach|distinct|ordefault|ornull|resample|argmin|argmax)$"
)
_TYPES = frozenset({
    "SelectWithUnionQuery", "SelectIntersectExceptQuery", "SelectQuery", "ExpressionList", "Subquery",
    "WithElement", "TablesInSelectQuery", "TablesInSelectQueryElement", "TableExpression", "TableIdentifier",
    "TableJoin", "ArrayJoin", "Function", "Identifier", "Literal", "Asterisk", "QualifiedAsterisk",
    "OrderByElement",
    "ColumnsRegexpMatcher", "ColumnsListMatcher", "ColumnsTransformerList", "ColumnsExceptTransformer",
    "ColumnsReplaceTransformer", "ColumnsReplaceTransformerReplacement", "WindowDefinition", "WindowListElement",
    "StorageOrderByElement",
})  # fmt: skip
_IN = frozenset(
    f"{everywhere}{kind}in" for everywhere in ("", "global") for kind in ("", "not", "null", "notnull")
)
_ENDINGS = ("format_ast", "out_file", "settings_ast", "settings", "compression", "final", "sample_size")
_ONLY_QUERIES = "Only a query can run: it begins with SELECT or WITH."
_FUNCTIONS = """
    SELECT lower(name), is_aggregate, origin = 'System' AND (is_aggregate OR coalesce(deterministic, 0) = 1)
        AND NOT startsWith(name, '_') AND NOT lower(alias_to) IN ({denied}) AND NOT lower(name) IN ({denied})
    FROM system.functions
"""


def check(door: Door, sql: str, stop: Stop) -> None:
    """Raises Refused unless the SQL is one query that may run, and Failed with what the parser says."""
    ((parsed,),) = door.rows(f"SELECT parseQueryToJSON({text(sql)})", stop)
    try:
        tree = json.loads(parsed)
        if tree.get("type") not in {"SelectWithUnionQuery", "SelectIntersectExceptQuery"}:
            raise Refused(_ONLY_QUERIES)
        named = {str(node["name"]) for node in nodes(tree) if node.get("type") == "WithElement"}
        _Walk(sql, Functions(_functions(door, stop)), named).visit(tree)
    except RecursionError as error:
        raise Refused("The query is nested too deeply.") from error


class Functions:
    """The functions that may be called: what they give depends on their arguments, or on the time."""

    def __init__(self, rows: Iterable[tuple[str, bool, bool]]) -> None:
        found = list(rows)
        self._allowed = {name for name, _, may in found if may} | _UNSTEADY | _PARSED_AS_FUNCTIONS
        self._aggregates = {name for name, is_aggregate, may in found if may and is_aggregate}

    def __contains__(self, name: str) -> bool:
        name = name.lower()
        if name in self._allowed:
            return True
        # `sumIf`, `uniqArrayIf` and the like are on no list.
        while found := _COMBINATORS.search(name):
            name = name[: found.start()]
            if name in self._aggregates:
                return True
        return False


def _functions(door: Door, stop: Stop) -> Iterator[tuple[str, bool, bool]]:
    denied = ", ".join(map(text, sorted(_ABOUT_SERVER)))
    for name, is_aggregate, may in door.rows(_FUNCTIONS.format(denied=denied), stop):
        yield name, bool(is_aggregate), bool(may)


class _Walk:
    """One look at every node of a parsed query."""

    def __init__(self, sql: str, functions: Functions, named: Set[str]) -> None:
        self._sql, self._functions, self._tables = sql, functions, VIEWS | named

    def visit(self, node: Any, *, in_from: bool = False) -> None:
        """Raises Refused."""
        if isinstance(node, list):
            for item in node:
                self.visit(item)
        elif isinstance(node, dict):
            self._look(node, in_from=in_from)
            for key, value in node.items():
                self.visit(value, in_from=key == "table_function")

    def _look(self, node: Mapping[str, Any], *, in_from: bool) -> None:
        kind = node.get("type")
        if kind is not None and kind not in _TYPES:
            raise Refused("Such a query cannot run here.", self._place(*_words(node)))
        for ending in _ENDINGS:
            if node.get(ending):
                word = {"out_file": "OUTFILE", "format_ast": "FORMAT", "sample_size": "SAMPLE"}.get(ending, ending)
                word = word.removesuffix("_ast").upper()
                raise Refused(f"{word} cannot be used here.", self._place(word))
        if kind == "WithElement" and str(node["name"]).lower().startswith(OWN):
            raise Refused(f"WITH cannot name {node['name']}: take another name.", self._place(str(node["name"])))
        if kind == "Function":
            self._function(node, in_from=in_from)
        if kind == "TableIdentifier":
            self._table(node)

    def _function(self, node: Mapping[str, Any], *, in_from: bool) -> None:
        name = str(node["name"])
        if name not in (TABLE_FUNCTIONS if in_from else self._functions):
            raise Refused(f"The function {name} cannot be used here.", self._place(name))
        if name.lower() in _IN:
            # What stands there alone is a table.
            right = node["arguments"]["children"][-1]
            if right.get("type") == "Identifier":
                self._table(right)

    def _table(self, node: Mapping[str, Any]) -> None:
        name = str(node["name"])
        if name not in self._tables or len(node.get("name_parts", [name])) != 1:
            known = "there are the views events, people and sessions, and what WITH names"
            raise Refused(f"There is no table {name}; {known}.", self._place(name))

    def _place(self, *words: str) -> int | None:
        return next((place for word in words if (place := place_of_word(self._sql, word)) is not None), None)


def _words(node: Mapping[str, Any]) -> list[str]:
    return [str(node[key]) for key in ("name", "func_name") if key in node]


def place_of_word(sql: str, word: str) -> int | None:
    """The byte where a word stands first, None where it does not, as what the parser made of an operator."""
    found = re.search(rf"(?<![\w]){re.escape(word)}(?![\w])", sql, re.IGNORECASE)
    return len(sql[: found.start()].encode()) if found else None
