"""The query kinds, one package each: a typed spec, its numbers, a result; and the registry of them."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from pydantic import ValidationError

from accounts.errors import FieldError, Invalid
from analytics.kinds.frame import Frame
from analytics.kinds.overview import OverviewResult, OverviewSpec
from analytics.kinds.overview.answer import answer as answer_overview
from analytics.kinds.trends import TrendsResult, TrendsSpec
from analytics.kinds.trends.answer import answer as answer_trends
from analytics.store.base import Range, Reading, Wanted

QuerySpec = OverviewSpec | TrendsSpec
Result = OverviewResult | TrendsResult
Read = Callable[[Range, Wanted], AbstractContextManager[Reading]]

KINDS: dict[str, type[QuerySpec]] = {"overview": OverviewSpec, "trends": TrendsSpec}

# Where a filter's value fits none of its types, pydantic adds the type to the path.
_UNION_TAGS = {"bool", "float", "constrained-str"}


def answer(spec: QuerySpec, frame: Frame, read: Read) -> Result:
    """The result of a spec; `read` loads a range of the project's events."""
    if isinstance(spec, OverviewSpec):
        return answer_overview(spec, frame, read)
    return answer_trends(spec, frame, read)


def parse_spec(data: Mapping[str, Any]) -> QuerySpec:
    """The typed spec of a JSON object, `{"kind": "overview", …}`; raises Invalid naming each wrong field."""
    kind = data.get("kind")
    model = KINDS.get(kind) if isinstance(kind, str) else None
    if model is None:
        known = ", ".join(KINDS)
        raise Invalid("The kind of query is unknown.", fields=[FieldError("kind", f"One of {known}.")])
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise Invalid("The query is not valid.", fields=_fields(error)) from error


def _fields(error: ValidationError) -> list[FieldError]:
    found: dict[str, str] = {}
    for item in error.errors(include_url=False, include_context=False, include_input=False):
        parts = [str(part) for part in item["loc"] if part not in _UNION_TAGS]
        whole = len(parts) == len(item["loc"])
        message = item["msg"].removeprefix("Value error, ") if whole else "A text, a number, true or false."
        found.setdefault(".".join(parts), message)
    # A list with a wrong item is also reported as too short: the item says it better.
    inner = {field for field in found if not any(other.startswith(f"{field}.") for other in found)}
    return [FieldError(field, message) for field, message in found.items() if field in inner]
