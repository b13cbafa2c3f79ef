"""Filters on events and sessions: the typed form that the API, saved insights and the URL share. No Django here.

A list of filters keeps what passes all of them. An entry is a filter, or a group of entries, `{"any": […]}`,
`{"all": […]}` or `{"not": …}`.

Text is compared exactly, upper and lower case apart. A property or trait is compared as what it was sent as: a
number given as text also matches the number, true and false match the texts `true` and `false`, and count as 1 and
0 where a number is needed.
"""

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Annotated, Any, Union

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationInfo,
    field_validator,
)

from analytics.fields import COHORT_PREFIX, HIGHEST_ID, PERSON, FieldName, is_typed

# Groups within each other, and filters and groups of one list in all.
DEEPEST = 5
MOST = 100


class Operator(StrEnum):
    IS = "is"
    IS_NOT = "is_not"
    CONTAINS = "contains"
    DOES_NOT_CONTAIN = "does_not_contain"
    MATCHES = "matches"
    GREATER = "greater"
    LESS = "less"
    BETWEEN = "between"
    IS_SET = "is_set"
    IS_NOT_SET = "is_not_set"
    IN_COHORT = "in_cohort"
    NOT_IN_COHORT = "not_in_cohort"


NUMERIC_OPERATORS = {Operator.GREATER: 1, Operator.LESS: 1, Operator.BETWEEN: 2}
NO_VALUES = {Operator.IS_SET, Operator.IS_NOT_SET}
COHORT_OPERATORS = {Operator.IN_COHORT, Operator.NOT_IN_COHORT}

Value = bool | float | Annotated[str, Field(max_length=1000)]


class Filter(BaseModel):
    """Keeps what has one of the values (`is`, `contains`, `matches`), or none (`is_not`, `does_not_contain`).

    `greater`, `less` (one number) and `between` (two numbers, both included) are for properties and traits.
    `matches` takes regular expressions in RE2 syntax, found anywhere in the text. `is_set` and `is_not_set` take
    no values. `in_cohort` and `not_in_cohort` are for the field `person`: whether the person is in one of the
    cohorts with these ids.
    """

    # An absent list of values is checked as well: `is` without any would keep nothing.
    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    field: FieldName
    operator: Operator
    values: tuple[Value, ...] = Field(default=(), max_length=100)

    @field_validator("operator")
    @classmethod
    def _operator_fits(cls, operator: Operator, info: ValidationInfo) -> Operator:
        field = info.data.get("field")
        if field and operator in NUMERIC_OPERATORS and not is_typed(field):
            raise ValueError(f"'{operator}' is for properties and traits; {field} is text.")
        if field and operator in COHORT_OPERATORS and field != PERSON:
            raise ValueError(f"'{operator}' is for the field '{PERSON}'.")
        return operator

    @field_validator("values")
    @classmethod
    def _values_fit(cls, values: tuple[Value, ...], info: ValidationInfo) -> tuple[Value, ...]:
        operator = info.data.get("operator")
        if operator is not None:
            _check_count(operator, len(values))
        if operator in NUMERIC_OPERATORS and not all(_is_number(value) for value in values):
            raise ValueError(f"'{operator}' takes numbers.")
        if operator in COHORT_OPERATORS and not all(_is_id(value) for value in values):
            raise ValueError(f"'{operator}' takes ids of cohorts.")
        if operator is Operator.MATCHES:
            for value in values:
                _check_pattern(str(value))
        return values

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that it looks at: of cohorts, whether the person is in each."""
        if self.operator in COHORT_OPERATORS:
            return tuple(f"{COHORT_PREFIX}{int(value)}" for value in self.values)
        return (self.field,)


class AnyOf(BaseModel):
    """Keeps what passes at least one of these."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    any: tuple["Condition", ...] = Field(min_length=1)


class AllOf(BaseModel):
    """Keeps what passes each of these."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    all: tuple["Condition", ...] = Field(min_length=1)


class Not(BaseModel):
    """Keeps what does not pass this."""

    model_config = ConfigDict(frozen=True, extra="forbid", serialize_by_alias=True)

    negated: "Condition" = Field(alias="not")


# What errors call the ways to read an entry; they are no part of its path.
SHAPES = {"any": "<any>", "all": "<all>", "not": "<not>", "": "<filter>"}
_SHAPE_OF: dict[type[BaseModel], str] = {AnyOf: SHAPES["any"], AllOf: SHAPES["all"], Not: SHAPES["not"]}


def _shape(value: Any) -> str:
    if isinstance(value, Mapping):
        return next((tag for name, tag in SHAPES.items() if name in value), SHAPES[""])
    return _SHAPE_OF.get(type(value), SHAPES[""])


Condition = Annotated[
    Union[  # noqa: UP007 (`|` does not take what is annotated)
        Annotated[Filter, Tag(SHAPES[""])],
        Annotated[AnyOf, Tag(SHAPES["any"])],
        Annotated[AllOf, Tag(SHAPES["all"])],
        Annotated[Not, Tag(SHAPES["not"])],
    ],
    Discriminator(_shape),
]
for group in _SHAPE_OF:
    group.model_rebuild()


def bounded(value: Any) -> Any:
    """What was sent, if it is neither too deep nor too much; raises ValueError."""
    level, count = _inside(value), 0
    for _ in range(DEEPEST + 1):
        count += len(level)
        level = [found for item in level for found in _inside(item)]
    if level or count > MOST:
        raise ValueError(f"At most {DEEPEST} groups within each other, and {MOST} filters and groups in all.")
    return value


def _inside(value: Any) -> list[Any]:
    """The entries right inside of a list or a group as it was sent."""
    if isinstance(value, list | tuple):
        return [*value]
    if not isinstance(value, Mapping):
        return []
    groups = [*(value.get(name) for name in ("any", "all")), [value["not"]] if "not" in value else None]
    return [found for group in groups if isinstance(group, list | tuple) for found in group]


Filters = Annotated[tuple[Condition, ...], BeforeValidator(bounded)]


def leaves(conditions: Iterable[Condition]) -> Iterator[Filter]:
    """Every single filter, however deep in groups."""
    for item in conditions:
        if isinstance(item, Filter):
            yield item
        else:
            yield from leaves(parts(item))


def parts(group: AnyOf | AllOf | Not) -> tuple[Condition, ...]:
    """The entries of a group."""
    if isinstance(group, AnyOf):
        return group.any
    return group.all if isinstance(group, AllOf) else (group.negated,)


def _check_count(operator: Operator, count: int) -> None:
    if operator in NO_VALUES and count:
        raise ValueError(f"'{operator}' takes no values.")
    if operator in NUMERIC_OPERATORS and count != NUMERIC_OPERATORS[operator]:
        raise ValueError(f"'{operator}' takes {NUMERIC_OPERATORS[operator]} number(s).")
    if operator not in NO_VALUES and not count:
        raise ValueError(f"'{operator}' needs at least one value.")


def _is_number(value: Value) -> bool:
    return number_of(value) is not None


def _is_id(value: Value) -> bool:
    number = None if isinstance(value, bool) else number_of(value)
    return number is not None and number.is_integer() and 0 < number <= HIGHEST_ID


def number_of(value: Value) -> float | None:
    """The number that a value is or reads as, if it is finite."""
    try:
        number = float(value)
    except ValueError:
        return None
    return number if abs(number) < float("inf") else None


def _check_pattern(pattern: str) -> None:
    """RE2 is what the engines use; pyarrow has it too."""
    try:
        pc.match_substring_regex(pa.nulls(1, pa.string()), pattern=pattern)
    except pa.ArrowInvalid as error:
        raise ValueError(f"Not a regular expression: {error}") from error
