"""Plausible's goals, not set up here: a custom event by its name, a page as `Visit /path`. No Django here."""

from dataclasses import dataclass
from typing import Any

from accounts.errors import Invalid
from analytics.plausible_stats.patterns import regex_of, text_filter
from analytics.plausible_stats.request import GOAL

_VISIT = "Visit /"
VIEWS: dict[str, Any] = {"field": "kind", "operator": "is", "values": ["page", "screen"]}
# Also what was sent as not interactive, which is passive here; other passive events are no goals.
CUSTOM: dict[str, Any] = {
    "any": [
        {"field": "kind", "operator": "is", "values": ["track"]},
        {
            "all": [
                {"field": "kind", "operator": "is", "values": ["passive"]},
                {"field": "properties.interactive", "operator": "is", "values": ["false"]},
            ]
        },
    ]
}


@dataclass(frozen=True, slots=True)
class Goals:
    """What a query filters by: custom events that pass `events` (None for none of them), and views of pages."""

    events: dict[str, Any] | None
    pages: tuple[str, ...] = ()

    @property
    def condition(self) -> dict[str, Any]:
        """Keeps the events that reach one of them."""
        events = [] if self.events is None else [self.events]
        return {"any": [*events, *map(_of_page, self.pages)]}


EVERY = Goals(CUSTOM)


def goals_of(operator: str, values: list[Any], *, any_case: bool) -> Goals:
    """Those of a filter on goals. Raises Invalid for operators that such a filter does not have."""
    if operator not in {"is", "contains"}:
        raise Invalid(f"The filter operator '{operator}' is not supported on {GOAL}; there are is, contains.")
    if not all(isinstance(value, str) for value in values) or not values:
        raise Invalid(f"Name the goals of the filter on {GOAL}.")
    if operator == "contains":
        return Goals(_named("contains", values, any_case=any_case))
    pages = tuple(dict.fromkeys(value for value in values if value.startswith(_VISIT)))
    names = [value for value in values if value not in pages]
    return Goals(_named("is", names, any_case=any_case) if names else None, pages)


def _named(operator: str, values: list[str], *, any_case: bool) -> dict[str, Any]:
    return {"all": [text_filter("name", operator, values, any_case=any_case), CUSTOM]}


def _of_page(name: str) -> dict[str, Any]:
    path = name.removeprefix(_VISIT.removesuffix("/"))
    return {"all": [VIEWS, {"field": "path", "operator": "matches", "values": [regex_of(path)]}]}
