"""The inputs for the conditions of a cohort, made from the rows of `cohorts.rows`. No Django here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from analytics.kinds.filters import COHORT_OPERATORS, NO_VALUES
from analytics.views.cohorts.rows import ALL, ANY, COHORT, DONE, GROUPS, JSON, NONE, OFTEN, TRAIT, path_of
from analytics.views.explore.cohorts import Names
from analytics.views.explore.form import EVENT, Input, Rows, conditions, offering
from analytics.views.labels import OPERATORS, PERIODS

LABELS = {
    TRAIT: "Trait",
    COHORT: "Other cohort",
    DONE: "What they did",
    ANY: "Any of these",
    ALL: "All of these",
    NONE: "None of these",
    JSON: "As JSON",
}
_LEAVES = (DONE, TRAIT, COHORT)
_OFTEN_WORDS = dict(zip(OFTEN, ("at least", "at most", "exactly"), strict=True))
_TRAIT_OPERATORS = {name: words for name, words in OPERATORS.items() if name not in COHORT_OPERATORS}
_COHORT_OPERATORS = {name: words for name, words in OPERATORS.items() if name in COHORT_OPERATORS}
TRAITS = "traits"


@dataclass(frozen=True, slots=True)
class Item:
    """One condition: its inputs, the filters of its events, or the conditions inside of it."""

    name: str
    kind: str
    label: str
    error: str
    inputs: tuple[Input, ...] = ()
    filters: Rows | None = None
    inner: "Items | None" = None


@dataclass(frozen=True, slots=True)
class Items:
    """Conditions beside each other, and what may be added to them: kind and label."""

    name: str
    items: tuple[Item, ...]
    adds: tuple[tuple[str, str], ...]


def items_of(
    rows: Sequence[Any],
    errors: Mapping[str, str],
    names: Names,
    *,
    name: str = "conditions",
    path: str = "conditions",
) -> Items:
    """The inputs of rows called `name`, with the errors at their paths in the JSON of the conditions."""
    found = tuple(
        _item(f"{name}.{place}", f"{path}.{place}", row, errors, names)
        for place, row in enumerate(rows)
        if isinstance(row, Mapping)
    )
    kinds = _LEAVES if "." in name else (*_LEAVES, *GROUPS, JSON)
    return Items(name, found, tuple((kind, LABELS[kind]) for kind in kinds))


def _item(name: str, path: str, row: Mapping[str, Any], errors: Mapping[str, str], names: Names) -> Item:
    kind = str(row.get("kind", TRAIT))
    item = Item(name, kind, LABELS.get(kind, kind), errors.get(path, ""))
    if kind in GROUPS:
        rows, inner_path = row.get("items"), f"{path}.{path_of(kind)}"
        inner = items_of(
            rows if isinstance(rows, list) else [],
            errors,
            names,
            name=f"{name}.items",
            path=inner_path,
        )
        return replace(item, inner=inner, error=errors.get(inner_path, item.error))
    if kind == DONE:
        filters = conditions(f"{path}.filters", row.get("filters"), errors, "Only events with")
        (offered,) = offering((_renamed(filters, path, name),), names)
        return replace(item, inputs=_done(name, path, row, errors), filters=offered)  # type: ignore[arg-type]
    if kind == JSON:
        text = Input(f"{name}.json", "Condition", "textarea", str(row.get("json", "")))
        return replace(item, inputs=(text,))
    inputs = _cohort(name, path, row, errors) if kind == COHORT else _trait(name, path, row, errors)
    return replace(item, inputs=offering(inputs, names))  # type: ignore[arg-type]


def _renamed(part: Any, path: str, name: str) -> Any:
    """Inputs that were made for a path in the JSON, called by where they are in the form."""
    own = replace(part, name=part.name.replace(path, name, 1))
    if isinstance(part, Rows):
        return replace(own, rows=tuple(_renamed(row, path, name) for row in part.rows))
    if hasattr(part, "parts"):
        return replace(own, parts=tuple(_renamed(one, path, name) for one in part.parts))
    return own


def _trait(name: str, path: str, row: Mapping[str, Any], errors: Mapping[str, str]) -> tuple[Input, ...]:
    operator, values = str(row.get("operator", "is")), row.get("values", [])
    field_error = errors.get(f"{path}.field", "")
    inputs = [
        Input(f"{name}.field", "Trait", "text", str(row.get("field", "")), suggestions=TRAITS, error=field_error),
        Input(f"{name}.operator", "Comparison", "select", operator, options=tuple(_TRAIT_OPERATORS.items())),
    ]
    if operator not in NO_VALUES:
        error = errors.get(f"{path}.values", "")
        inputs.append(Input(f"{name}.values", "Value", "text", ",".join(values), error=error))
    return tuple(inputs)


def _cohort(name: str, path: str, row: Mapping[str, Any], errors: Mapping[str, str]) -> tuple[Input, ...]:
    operator = str(row.get("operator", ""))
    inputs = [Input(f"{name}.operator", "They are", "select", operator, options=tuple(_COHORT_OPERATORS.items()))]
    for place, value in enumerate(row.get("values") or [""]):
        label, error = ("Cohort", errors.get(f"{path}.values", "")) if not place else ("or", "")
        inputs.append(Input(f"{name}.values.{place}", label, COHORT, value, error=error))
    return tuple(inputs)


def _done(name: str, path: str, row: Mapping[str, Any], errors: Mapping[str, str]) -> tuple[Input, ...]:
    often, last = str(row.get("often", OFTEN[0])), str(row.get("last", ""))
    wrong = next((errors[f"{path}.{one}"] for one in OFTEN if f"{path}.{one}" in errors), "")
    period = next((message for place, message in errors.items() if place.startswith(f"{path}.period")), "")
    days = {"": "These days", **PERIODS}
    inputs = [
        Input(f"{name}.done", "Event (any if empty)", "text", str(row.get("done", "")), suggestions=EVENT),
        Input(f"{name}.often", "How often", "select", often, options=tuple(_OFTEN_WORDS.items())),
        Input(f"{name}.times", "Times", "number", str(row.get("times", "1")), error=wrong, least=0),
        Input(f"{name}.last", "When", "select", last, options=tuple(days.items()), error=period),
    ]
    if not last:
        inputs += [
            Input(f"{name}.{end}", label, "date", str(row.get(end, "")))
            for end, label in (("from", "From"), ("to", "To"))
        ]
    return tuple(inputs)
