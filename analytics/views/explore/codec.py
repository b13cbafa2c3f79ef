"""A spec in an address, and back: `?series.0.event=Buy&period.last=30d`. No Django here.

A name is the path of a value in the spec's JSON; what is at no path has its default. What a form leaves empty is
left out, and so are rows of which nothing was filled in.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from analytics.fields import PERSON
from analytics.kinds.filters import COHORT_OPERATORS, Operator

Pair = tuple[str, str]


def pairs_of(value: Any, path: str = "") -> list[Pair]:
    """The leaves of a spec's JSON, each with its path."""
    if isinstance(value, Mapping):
        return [pair for key, item in value.items() for pair in pairs_of(item, _joined(path, key))]
    if isinstance(value, list | tuple):
        return [pair for place, item in enumerate(value) for pair in pairs_of(item, _joined(path, str(place)))]
    if value is None or value == "":
        return []
    return [(path, str(value).lower() if isinstance(value, bool) else str(value))]


def tree_of(pairs: Iterable[Pair]) -> dict[str, Any]:
    """The JSON of a spec from an address; of a name that stands several times, the last."""
    root: dict[str, Any] = {}
    for name, value in pairs:
        text = value.strip()
        if text:
            _place(root, name.split("."), text)
    found: dict[str, Any] = _listed(root)
    period = found.get("period")
    if isinstance(period, dict) and "last" in period:
        found["period"] = {"last": period["last"]}
    return found


def _joined(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _place(node: dict[str, Any], path: list[str], text: str) -> None:
    for key in path[:-1]:
        below = node.setdefault(key, {})
        if not isinstance(below, dict):
            return
        node = below
    node[path[-1]] = text


def _listed(node: Any) -> Any:
    """Objects whose keys are all numbers are lists, in the order of these."""
    if not isinstance(node, dict):
        return node
    if node and all(key.isdecimal() for key in node):
        return [_listed(node[key]) for key in sorted(node, key=int)]
    return _filter({key: _listed(item) for key, item in node.items()})


def _filter(item: dict[str, Any]) -> dict[str, Any]:
    """A filter whose values came as one text of a form: two numbers with a comma are those of `between`.

    Who is in a cohort is a question of the person, whatever else was chosen.
    """
    if item.get("operator") in COHORT_OPERATORS:
        item = {**item, "field": PERSON}
    values = item.get("values")
    if "operator" in item and isinstance(values, str):
        parts = values.split(",") if item["operator"] == Operator.BETWEEN else [values]
        return {**item, "values": [part.strip() for part in parts]}
    return item
