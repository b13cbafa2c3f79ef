"""Plausible's filters as ours. No Django here."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from accounts.errors import Invalid
from analytics.plausible_stats.goals import Goals, goals_of
from analytics.plausible_stats.patterns import regex_of, text_filter
from analytics.plausible_stats.request import GOAL, PAGES, PROPERTY, field_of

Condition = dict[str, Any]
_BASE = {"is": "is", "contains": "contains", "matches": "matches"}
_NEGATED = {
    "is_not": "is", "contains_not": "contains", "does_not_contain": "contains", "matches_not": "matches",
}  # fmt: skip
OPERATORS = (*_BASE, *_NEGATED)


@dataclass(frozen=True, slots=True)
class Kept:
    """What a query keeps: `goals`, if it filters by them; what passes the filters on `properties`, and all others.

    `is_mixed` says that those others look at properties as well, inside of a group.
    """

    others: tuple[Condition, ...]
    properties: tuple[Condition, ...] = ()
    goals: Goals | None = None
    is_mixed: bool = False

    @property
    def conditions(self) -> list[Condition]:
        goals = [] if self.goals is None else [self.goals.condition]
        return [*self.others, *self.properties, *goals]


def kept_by(given: list[Any]) -> Kept:
    """All of these hold. Raises Invalid for what cannot be said by ours."""
    items = list(_flat(given))
    goals = [item for item in items if item[1] == GOAL]
    if len(goals) > 1:
        raise Invalid(f"Filter by {GOAL} once; name several goals in one filter.")
    properties = [item for item in items if isinstance(item[1], str) and item[1].startswith(PROPERTY)]
    others = [item for item in items if item not in goals and item not in properties]
    return Kept(
        others=tuple(map(_condition, others)),
        properties=tuple(map(_condition, properties)),
        goals=_goals(goals[0]) if goals else None,
        is_mixed=any(_names_a_property(item) for item in others),
    )


def _flat(given: list[Any]) -> Iterator[list[Any]]:
    """The items, those of an `and` among them."""
    for item in given:
        _check_shape(item)
        if item[0] == "and":
            yield from _flat(item[1])
        else:
            yield item


def _check_shape(item: Any) -> None:
    if not isinstance(item, list) or len(item) < 2 or not isinstance(item[0], str):
        raise Invalid(f"Invalid filter {item!r}.")
    if item[0] in {"and", "or"} and (len(item) != 2 or not isinstance(item[1], list) or not item[1]):
        raise Invalid(f"Invalid filter {item!r}.")
    if item[0] not in {"and", "or", "not", *OPERATORS}:
        raise Invalid(
            f"The filter operator '{item[0]}' is not supported; there are {', '.join(OPERATORS)}, and, or, not."
        )


def _condition(item: Any) -> Condition:
    _check_shape(item)
    if item[0] in {"and", "or"}:
        return {"all" if item[0] == "and" else "any": [_condition(one) for one in item[1]]}
    if item[0] == "not":
        return {"not": _condition(item[1])}
    return _simple(item)


def _simple(item: list[Any]) -> Condition:
    operator, dimension, values, any_case = _parts(item)
    if dimension == GOAL:
        raise Invalid(f"{GOAL} can only be filtered at the top level of filters.")
    if operator in _NEGATED:
        return {"not": _positive(_NEGATED[operator], dimension, values, any_case=any_case)}
    return _positive(operator, dimension, values, any_case=any_case)


def _positive(operator: str, dimension: str, values: list[Any], *, any_case: bool) -> Condition:
    field = field_of(dimension)
    if operator == "matches":
        return {"field": field, "operator": operator, "values": values}
    if operator == "is" and dimension in PAGES and any("*" in str(value) for value in values):
        patterns = [regex_of(str(value), any_case=any_case) for value in values]
        return {"field": field, "operator": "matches", "values": patterns}
    return text_filter(field, operator, values, any_case=any_case)


def _goals(item: list[Any]) -> Goals:
    operator, _, values, any_case = _parts(item)
    return goals_of(operator, values, any_case=any_case)


def _parts(item: list[Any]) -> tuple[str, str, list[Any], bool]:
    """Operator, dimension, values, and whether letters of either case are the same."""
    if len(item) not in {3, 4} or not isinstance(item[1], str) or not isinstance(item[2], list):
        raise Invalid(f"Invalid filter {item!r}.")
    modifier = item[3] if len(item) == 4 else {}
    if modifier not in ({}, {"case_sensitive": True}, {"case_sensitive": False}) or (
        modifier and "matches" in item[0]
    ):
        raise Invalid(f"The filter modifier {modifier!r} is not supported.")
    return item[0], item[1], item[2], modifier == {"case_sensitive": False}


def _names_a_property(item: list[Any]) -> bool:
    if item[0] in {"and", "or"}:
        return any(map(_names_a_property, item[1]))
    if item[0] == "not":
        return _names_a_property(item[1])
    return str(item[1]).startswith(PROPERTY)
