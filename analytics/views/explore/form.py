"""The form of a kind, made from the fields of its spec. No Django here.

Each field of the model is an input by its type; a list of objects is a group of rows. What people read is the
field's name and description, so that a new kind has a form by itself.
"""

import dataclasses
import functools
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Literal

from annotated_types import Ge, Le, MaxLen, MinLen
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from analytics.kinds.explorer import EventsSpec
from analytics.kinds.filters import COHORT_OPERATORS, NO_VALUES
from analytics.kinds.profiles import GroupsSpec, PeopleSpec
from analytics.views.labels import COMPARISONS, INTERVALS, OPERATORS, field_label

# What the page has inputs of its own for.
ELSEWHERE = ("kind", "period")
# What is for a link, not for the question: which page, and which columns.
_BY_LINK: Mapping[type[BaseModel], tuple[str, ...]] = {
    EventsSpec: ("after", "columns", "count"),
    PeopleSpec: ("after", "among"),
    GroupsSpec: ("after", "among", "by"),
}
FILTERS = "filters"
_CALLED = {"of": "Person"}
_PLACES = {"event": 0, FILTERS: 2}
GROUPS = {"any": "Any of these", "all": "All of these", "not": "Not this"}
EVENT, PROPERTY, FIELD = "events", "properties", "fields"
# The widget of a cohort, until `offering` says which there are.
COHORT = "cohort"
_WORDS: dict[str, dict[str, str]] = {"compare": COMPARISONS, "interval": INTERVALS}
_LISTS = {
    "event": EVENT,
    "events": EVENT,
    "refund_events": EVENT,
    "property": PROPERTY,
    "currency_property": PROPERTY,
    "breakdown": FIELD,
    "field": FIELD,
}


@dataclass(frozen=True, slots=True)
class Input:
    """One input. `widget` is text, textarea, number, date, select or check; `suggestions` names the list that it
    offers.
    """

    name: str
    label: str
    widget: str
    value: str
    help: str = ""
    error: str = ""
    options: tuple[tuple[str, str], ...] = ()
    suggestions: str = ""
    least: float | None = None
    most: float | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One item of a list: its inputs, and the name to take it out by."""

    name: str
    label: str
    parts: "tuple[Input | Rows, ...]"
    removable: bool


@dataclass(frozen=True, slots=True)
class Rows:
    """A list in the spec; `can_grow` where another item may be added."""

    name: str
    label: str
    help: str
    error: str
    rows: tuple[Row, ...]
    singular: str
    can_grow: bool
    has_groups: bool = False


Part = Input | Rows


@dataclass(frozen=True, slots=True)
class _Field:
    """A field of a model at its path, with what was given for it and the errors of all paths."""

    path: str
    key: str
    info: FieldInfo
    value: Any
    errors: Mapping[str, str]

    @property
    def label(self) -> str:
        return _CALLED.get(self.key) or words(self.key)

    @property
    def help(self) -> str:
        return self.info.description or ""

    @property
    def error(self) -> str:
        return self.errors.get(self.path, "")

    def limit(self, kind: type, name: str) -> Any:
        """What a constraint of the field says, or None."""
        return next((getattr(item, name) for item in self.info.metadata if isinstance(item, kind)), None)


def parts_of(
    model: type[BaseModel], tree: Mapping[str, Any], errors: Mapping[str, str], path: str = ""
) -> tuple[Part, ...]:
    """The inputs for a model's fields, filled from a tree (`codec.tree_of`), with the errors at their paths."""
    found: list[Part] = []
    # The event comes first, then what is asked of it, and the filters last.
    for name, info in sorted(model.model_fields.items(), key=lambda pair: _PLACES.get(pair[0], 1)):
        if name not in (*ELSEWHERE, *_BY_LINK.get(model, ())):
            key = info.alias or name
            part = _part(_Field(f"{path}{key}", key, info, tree.get(key), errors))
            if part is not None:
                found.append(part)
    return tuple(found)


def _part(field: _Field) -> Part | None:
    kind = _plain(field.info.annotation)
    if field.key == FILTERS:
        return conditions(field.path, field.value, field.errors)
    if _is_extra(field.info, kind):
        return None
    if typing.get_origin(kind) is tuple:
        return _rows(field, _plain(typing.get_args(kind)[0]))
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        row = Row(field.path, "", _of_item(field.path, field, kind, field.value), removable=False)
        return Rows(field.path, field.label, field.help, field.error, (row,), "", can_grow=False)
    return _input(field, kind)


def _is_extra(info: FieldInfo, kind: Any) -> bool:
    """An object that a spec may do without, as a page of names: that is for a link, not for the question."""
    is_object = isinstance(kind, type) and issubclass(kind, BaseModel)
    return is_object and not info.is_required() and info.default is None


def conditions(path: str, items: Any, errors: Mapping[str, str], label: str = "Filters") -> Rows:
    """The filters of a list, and the groups of filters in it."""
    given = items if isinstance(items, list) else []
    rows = tuple(
        Row(f"{path}.{place}", f"Filter {place + 1}", _condition(f"{path}.{place}", item, errors), removable=True)
        for place, item in enumerate(given)
    )
    return Rows(path, label, "", errors.get(path, ""), rows, "filter", can_grow=True, has_groups=True)


def _condition(path: str, item: Any, errors: Mapping[str, str]) -> tuple[Part, ...]:
    own = item if isinstance(item, Mapping) else {}
    for name, label in GROUPS.items():
        if name in own and name != "not":
            return (conditions(f"{path}.{name}", own[name], errors, label),)
        if name in own:
            row = Row(f"{path}.not", "", _condition(f"{path}.not", own[name], errors), removable=False)
            return (Rows(f"{path}.not", label, "", "", (row,), "", can_grow=False),)
    return _inputs_of_filter(path, own, errors)


def _inputs_of_filter(path: str, item: Mapping[str, Any], errors: Mapping[str, str]) -> tuple[Input, ...]:
    if item.get("operator") in COHORT_OPERATORS:
        return _inputs_of_cohort(path, item, errors)
    values, operator = item.get("values", ""), str(item.get("operator", "is"))
    text = ",".join(map(str, values)) if isinstance(values, list) else str(values)
    made = (
        Input(f"{path}.field", "Field", "text", str(item.get("field", "")), suggestions=FIELD),
        Input(f"{path}.operator", "Comparison", "select", operator, options=tuple(OPERATORS.items())),
        *(() if operator in NO_VALUES else (Input(f"{path}.values", "Value", "text", text),)),
    )
    return tuple(dataclasses.replace(one, error=errors.get(one.name, "")) for one in made)


def _inputs_of_cohort(path: str, item: Mapping[str, Any], errors: Mapping[str, str]) -> tuple[Input, ...]:
    """Whether the person is in one of some cohorts: an input for each, and what is wrong with any at the first."""
    values = item.get("values")
    chosen = [str(value) for value in values] if isinstance(values, list) else [str(values or "")]
    operator = str(item["operator"])
    inputs = [Input(f"{path}.operator", "Comparison", "select", operator, options=tuple(OPERATORS.items()))]
    for place, value in enumerate(chosen):
        label, error = ("Cohort", errors.get(f"{path}.values", "")) if not place else ("or", "")
        inputs.append(Input(f"{path}.values.{place}", label, COHORT, value, error=error))
    return tuple(inputs)


def offering(parts: tuple[Part, ...], cohorts: Mapping[int, str]) -> tuple[Part, ...]:
    """The same inputs, where cohorts are chosen among these (id → name)."""
    options = (("", "Choose a cohort"), *((str(cohort), name) for cohort, name in cohorts.items()))
    return tuple(_offering(part, options) for part in parts)


def _offering(part: Part, options: tuple[tuple[str, str], ...]) -> Part:
    if isinstance(part, Rows):
        rows = (
            dataclasses.replace(row, parts=tuple(_offering(one, options) for one in row.parts))
            for row in part.rows
        )
        return dataclasses.replace(part, rows=tuple(rows))
    if part.widget != COHORT:
        return part
    known = options if part.value in dict(options) else (*options, (part.value, "A cohort that is not there"))
    return dataclasses.replace(part, widget="select", options=known)


def _plain(annotation: Any) -> Any:
    """The type behind `Annotated` and `| None`."""
    while True:
        origin = typing.get_origin(annotation)
        if origin is typing.Annotated:
            annotation = typing.get_args(annotation)[0]
        elif origin in {typing.Union, UnionType}:
            inner = [one for one in typing.get_args(annotation) if one is not NoneType]
            annotation = inner[0] if inner else str
        else:
            return annotation


def _input(field: _Field, kind: Any) -> Input | None:
    info = field.info
    default = "" if info.is_required() or info.default is None else _text(info.default)
    shown = field.value if isinstance(field.value, str) else default
    made = functools.partial(Input, field.path, field.label, value=shown, help=field.help, error=field.error)
    options = _options(kind, field.key)
    if options and not info.is_required() and info.default is None:
        options = (("", "–"), *options)
    if options:
        return made("select", options=options) if len(options) > 1 else None
    if kind is bool:
        return made("check")
    if kind in {int, float}:
        return made("number", least=field.limit(Ge, "ge"), most=field.limit(Le, "le"))
    return made("text", suggestions=_LISTS.get(field.key, ""))


def _options(kind: Any, key: str) -> tuple[tuple[str, str], ...]:
    called = _WORDS.get(key, {})
    if typing.get_origin(kind) is Literal:
        return tuple((str(one), words(str(one))) for one in typing.get_args(kind))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return tuple((str(one.value), called.get(str(one.value), words(str(one.value)))) for one in kind)
    return ()


def _rows(field: _Field, item: Any) -> Rows | None:
    least, most = field.limit(MinLen, "min_length") or 0, field.limit(MaxLen, "max_length")
    given = list(field.value) if isinstance(field.value, list) else []
    if least and not given:
        given = _by_default(field.info.default)
    given += [{}] * max(0, least - len(given))
    singular = _singular(field.key)
    rows = tuple(
        Row(
            f"{field.path}.{place}",
            f"{singular} {place + 1}",
            _of_item(f"{field.path}.{place}", field, item, one),
            removable=len(given) > least,
        )
        for place, one in enumerate(given)
    )
    can_grow = most is None or len(rows) < most
    return Rows(field.path, field.label, field.help, field.error, rows, singular, can_grow)


def _by_default(default: Any) -> list[Any]:
    """The items that hold where none is said, as an address has them."""
    items = default if isinstance(default, tuple) else ()
    return [item.model_dump(mode="json") if isinstance(item, BaseModel) else _text(item) for item in items]


def _of_item(path: str, field: _Field, item: Any, value: Any) -> tuple[Part, ...]:
    if isinstance(item, type) and issubclass(item, BaseModel):
        return parts_of(item, value if isinstance(value, Mapping) else {}, field.errors, path=f"{path}.")
    options = _options(item, field.key)
    return (
        Input(
            path,
            _singular(field.key),
            "select" if options else "text",
            value if isinstance(value, str) else "",
            error=field.errors.get(path, ""),
            options=options,
            suggestions=_LISTS.get(field.key, ""),
        ),
    )


def words(name: str) -> str:
    """`per_person` as people read it."""
    return field_label(name).replace("_", " ")


def _singular(key: str) -> str:
    word = words(key)
    if word.lower() == "series":
        return word
    return word.removesuffix("s")


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Enum):
        return str(value.value)
    return "" if isinstance(value, tuple | list | dict | BaseModel) else str(value)
