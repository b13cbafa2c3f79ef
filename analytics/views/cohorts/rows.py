"""Conditions of a cohort as the rows of a form, and back. No Django here.

A row is an object of texts with its `kind`. What no row can show, groups within groups and filters of several
values, is a row of JSON.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from analytics.fields import PERSON
from analytics.kinds.filters import COHORT_OPERATORS, NO_VALUES, Operator

TRAIT, COHORT, DONE, JSON = "trait", "cohort", "done", "json"
ANY, ALL, NONE = "any", "all", "none"
GROUPS = (ANY, ALL, NONE)
OFTEN = ("at_least", "at_most", "exactly")
Row = dict[str, Any]


def fresh(kind: str) -> Row:
    """An empty row."""
    if kind == DONE:
        return {"kind": DONE, "last": "30d", "often": "at_least", "times": "1"}
    if kind == COHORT:
        return {"kind": COHORT, "operator": Operator.IN_COHORT.value}
    return {"kind": kind, "items": [fresh(DONE)]} if kind in GROUPS else {"kind": kind}


def rows_of(conditions: Sequence[Any]) -> list[Row]:
    """The rows that show conditions, given as JSON."""
    return [_row(item) for item in conditions]


def _row(item: Mapping[str, Any]) -> Row:
    found = _simple(item) or _group(item)
    return found or {"kind": JSON, "json": json.dumps(item, ensure_ascii=False, indent=1)}


def _simple(item: Mapping[str, Any]) -> Row | None:
    if "done" in item:
        return _done(item)
    if "operator" not in item or not _is_plain(item):
        return None
    values = [_text(value) for value in item.get("values", ())]
    if item["operator"] in COHORT_OPERATORS:
        return {"kind": COHORT, "operator": item["operator"], "values": values}
    return {"kind": TRAIT, "field": item["field"], "operator": item["operator"], "values": values}


def _done(item: Mapping[str, Any]) -> Row | None:
    filters = item.get("filters", [])
    if not all(map(_is_plain, filters)):
        return None
    often = next((name for name in OFTEN if item.get(name) is not None), OFTEN[0])
    period = {name: str(value) for name, value in item["period"].items() if value}
    shown = [{**one, "values": [_text(value) for value in one.get("values", ())]} for one in filters]
    return {
        "kind": DONE,
        "done": item["done"],
        "often": often,
        "times": str(item.get(often) if item.get(often) is not None else 1),
        "filters": shown,
        **period,
    }


def _is_plain(item: Mapping[str, Any]) -> bool:
    """Whether an input can show a filter: one value, the two of `between`, or cohorts."""
    if "operator" not in item:
        return False
    return item["operator"] in {Operator.BETWEEN, *COHORT_OPERATORS} or len(item.get("values", ())) <= 1


def _group(item: Mapping[str, Any]) -> Row | None:
    kind, inner = next(((name, item[name]) for name in (ANY, ALL) if name in item), (NONE, None))
    if inner is None:
        denied = item.get("not", {})
        inner = denied.get("any", [denied])
    rows = [_simple(one) for one in inner]
    return {"kind": kind, "items": rows} if all(rows) else None


def _text(value: Any) -> str:
    return (
        str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)
    )


def conditions_of(rows: Sequence[Any]) -> list[Any]:
    """The JSON of conditions from the rows of a form; whether it makes sense is the definition's to say."""
    return [_condition(row) for row in rows if isinstance(row, Mapping)]


def _condition(row: Mapping[str, Any]) -> Any:
    kind = row.get("kind")
    if kind in GROUPS:
        items = row.get("items")
        inner = conditions_of(items if isinstance(items, list) else [])
        return {"not": {"any": inner}} if kind == NONE else {kind: inner}
    if kind == JSON:
        try:
            return json.loads(str(row.get("json", "")))
        except json.JSONDecodeError:
            # No condition is a text, so that this is said to be none.
            return str(row.get("json", ""))
    return _did(row) if kind == DONE else _filter(row)


def _filter(row: Mapping[str, Any]) -> Any:
    operator, values = row.get("operator", "is"), row.get("values", [])
    field = PERSON if operator in COHORT_OPERATORS else row.get("field", "")
    kept = [] if operator in NO_VALUES else [value for value in values if value]
    return {"field": field, "operator": operator, "values": kept}


def _did(row: Mapping[str, Any]) -> Any:
    last = row.get("last")
    period = {"last": last} if last else {name: row[name] for name in ("from", "to") if row.get(name)}
    often = row.get("often", OFTEN[0])
    filters = row.get("filters")
    found = {"done": row.get("done", ""), "period": period, str(often): row.get("times", "1")}
    return {**found, "filters": filters} if filters else found


def path_of(kind: str) -> str:
    """Where in the JSON of a group its conditions are."""
    return "not.any" if kind == NONE else kind
