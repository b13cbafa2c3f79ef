"""Plausible's filters as ours. No Django here."""

from typing import Any

from accounts.errors import Invalid
from analytics.plausible_stats.request import OPERATORS, field_of

_OPPOSITE = {
    "is": "is_not", "is_not": "is", "contains": "does_not_contain", "does_not_contain": "contains",
}  # fmt: skip


def filters_of(given: list[Any]) -> list[dict[str, Any]]:
    """All of these hold. Raises Invalid for what cannot be said by ours."""
    return [found for item in given for found in _of(item)]


def _of(item: Any) -> list[dict[str, Any]]:
    if not isinstance(item, list) or not item or not isinstance(item[0], str):
        raise Invalid(f"Invalid filter {item!r}.")
    if item[0] == "and" and len(item) == 2 and isinstance(item[1], list):
        return filters_of(item[1])
    if item[0] == "not" and len(item) == 2:
        return [_turned(item[1])]
    return [_simple(item)]


def _turned(item: Any) -> dict[str, Any]:
    inner = _of(item)
    if len(inner) != 1 or inner[0]["operator"] not in _OPPOSITE:
        raise Invalid(f"The filter ['not', {item!r}] is not supported.")
    return {**inner[0], "operator": _OPPOSITE[inner[0]["operator"]]}


def _simple(item: list[Any]) -> dict[str, Any]:
    operator = item[0]
    if operator not in OPERATORS:
        raise Invalid(
            f"The filter operator '{operator}' is not supported; there are {', '.join(OPERATORS)}, and, not."
        )
    if len(item) not in {3, 4} or not isinstance(item[1], str) or not isinstance(item[2], list):
        raise Invalid(f"Invalid filter {item!r}.")
    if len(item) == 4 and item[3] not in ({}, {"case_sensitive": True}):
        raise Invalid(f"The filter modifier {item[3]!r} is not supported.")
    return {"field": field_of(item[1]), "operator": OPERATORS[operator], "values": item[2]}
