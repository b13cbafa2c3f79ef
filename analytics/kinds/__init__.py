"""The query kinds, one package each: a typed spec, its numbers, a result; and the registry of them."""

from collections.abc import Collection, Mapping
from typing import Any

from pydantic import ValidationError

from accounts.errors import FieldError, Invalid
from analytics.kinds import (
    attribution,
    breakdown,
    drivers,
    explorer,
    funnel,
    lifecycle,
    overview,
    paths,
    profiles,
    retention,
    revenue,
    sessions,
    stickiness,
    trends,
)
from analytics.kinds.base import Kind, Spec
from analytics.kinds.filters import SHAPES

_ALL: tuple[Kind[Any], ...] = (
    overview.KIND,
    trends.KIND,
    breakdown.KIND,
    lifecycle.KIND,
    stickiness.KIND,
    sessions.KIND,
    funnel.KIND,
    retention.KIND,
    revenue.KIND,
    paths.KIND,
    attribution.KIND,
    drivers.KIND,
    explorer.KIND,
    profiles.PEOPLE,
    profiles.GROUPS,
)
KINDS = {kind.name: kind for kind in _ALL}

# Where a filter's value fits none of its types, pydantic adds the type to the path.
_UNION_TAGS = {"bool", "float", "constrained-str"}


def parse_spec(data: Mapping[str, Any]) -> Spec:
    """The typed spec of a JSON object, `{"kind": "overview", …}`; raises Invalid naming each wrong field."""
    name = data.get("kind")
    kind = KINDS.get(name) if isinstance(name, str) else None
    if kind is None:
        known = ", ".join(KINDS)
        raise Invalid("The kind of query is unknown.", fields=[FieldError("kind", f"One of {known}.")])
    try:
        spec: Spec = kind.spec.model_validate(data)
    except ValidationError as error:
        raise Invalid("The query is not valid.", fields=faults_of(error)) from error
    return spec


def faults_of(error: ValidationError, shapes: Collection[str] = SHAPES.values()) -> list[FieldError]:
    """What is wrong with each field, by its path; `shapes` are parts of no path."""
    found: dict[str, str] = {}
    for item in error.errors(include_url=False, include_context=False, include_input=False):
        place = [part for part in item["loc"] if part not in shapes]
        parts = [str(part) for part in place if part not in _UNION_TAGS]
        whole = len(parts) == len(place)
        message = item["msg"].removeprefix("Value error, ") if whole else "A text, a number, true or false."
        found.setdefault(".".join(parts), message)
    # A list with a wrong item is also reported as too short: the item says it better.
    inner = {field for field in found if not any(other.startswith(f"{field}.") for other in found)}
    return [FieldError(field, message) for field, message in found.items() if field in inner]
