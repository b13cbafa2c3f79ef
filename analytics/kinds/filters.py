"""Filters on events and sessions: the typed form that the API, saved insights and the URL share. No Django here.

Text is compared exactly, upper and lower case apart. A property is compared as what it was sent as: a number given
as text also matches the number, true and false match the texts `true` and `false`, and count as 1 and 0 where a
number is needed.
"""

from enum import StrEnum
from typing import Annotated

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from analytics.contracts import DIMENSIONS

PROPERTY_PREFIX = "properties."
ENTRY_PATH = "entry_path"
EXIT_PATH = "exit_path"
# A session has one value of each of these: that of its first event, or of its first or last view.
SESSION_FIELDS = (
    "source", "channel", "utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "referrer_host",
    "country", "device", "browser", "os", ENTRY_PATH, EXIT_PATH,
)  # fmt: skip
FIELDS = (*DIMENSIONS, ENTRY_PATH, EXIT_PATH)


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


NUMERIC_OPERATORS = {Operator.GREATER: 1, Operator.LESS: 1, Operator.BETWEEN: 2}
NO_VALUES = {Operator.IS_SET, Operator.IS_NOT_SET}


def _known_field(value: str) -> str:
    if value not in FIELDS and not (value.startswith(PROPERTY_PREFIX) and len(value) > len(PROPERTY_PREFIX)):
        raise ValueError(f"Unknown field; one of {', '.join(FIELDS)}, or properties.<name>.")
    return value


FieldName = Annotated[str, Field(max_length=300), AfterValidator(_known_field)]
Value = bool | float | Annotated[str, Field(max_length=1000)]


class Filter(BaseModel):
    """Keeps what has one of the values (`is`, `contains`, `matches`), or none (`is_not`, `does_not_contain`).

    `greater`, `less` (one number) and `between` (two numbers, both included) are for properties. `matches` takes
    regular expressions in RE2 syntax, found anywhere in the text. `is_set` and `is_not_set` take no values.
    """

    # An absent list of values is checked as well: `is` without any would keep nothing.
    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    field: FieldName
    operator: Operator
    values: tuple[Value, ...] = Field(default=(), max_length=100)

    @field_validator("operator")
    @classmethod
    def _operator_fits(cls, operator: Operator, info: ValidationInfo) -> Operator:
        field = info.data.get("field", PROPERTY_PREFIX)
        if operator in NUMERIC_OPERATORS and not field.startswith(PROPERTY_PREFIX):
            raise ValueError(f"'{operator}' is for properties; {field} is text.")
        return operator

    @field_validator("values")
    @classmethod
    def _values_fit(cls, values: tuple[Value, ...], info: ValidationInfo) -> tuple[Value, ...]:
        operator = info.data.get("operator")
        if operator is not None:
            _check_count(operator, len(values))
        if operator in NUMERIC_OPERATORS and not all(_is_number(value) for value in values):
            raise ValueError(f"'{operator}' takes numbers.")
        if operator is Operator.MATCHES:
            for value in values:
                _check_pattern(str(value))
        return values

    @property
    def property_name(self) -> str | None:
        return self.field.removeprefix(PROPERTY_PREFIX) if self.field.startswith(PROPERTY_PREFIX) else None

    @property
    def is_of_sessions(self) -> bool:
        return self.field in SESSION_FIELDS


Filters = tuple[Filter, ...]


def _check_count(operator: Operator, count: int) -> None:
    if operator in NO_VALUES and count:
        raise ValueError(f"'{operator}' takes no values.")
    if operator in NUMERIC_OPERATORS and count != NUMERIC_OPERATORS[operator]:
        raise ValueError(f"'{operator}' takes {NUMERIC_OPERATORS[operator]} number(s).")
    if operator not in NO_VALUES and not count:
        raise ValueError(f"'{operator}' needs at least one value.")


def _is_number(value: Value) -> bool:
    return number_of(value) is not None


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
        pc.match_substring_regex(pa.array([""]), pattern=pattern)
    except pa.ArrowInvalid as error:
        raise ValueError(f"Not a regular expression: {error}") from error
