"""What may be asked of attribution. No Django here."""

from enum import StrEnum
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field, field_validator

from analytics.fields import PROPERTY_PREFIX, SESSION_FIELDS
from analytics.kinds.base import Spec
from analytics.kinds.events import EventFilters

DEFINITION = (
    "A conversion is an event of the given name in the period that passes the filters. Its touches are the "
    "sessions of the same person that began at or before it and no earlier than the lookback (days of 24 hours) "
    "before it, the session of the conversion included, in the order in which they began (by group, sessions of "
    "one instant in that of their touches' names). Each model gives every conversion out once: to its first "
    "touch, to its last, or to all of them in equal parts; the value of a conversion, if a property is given, "
    "goes the same way. Sessions without a source or whose source is Direct are touches like others, or they are "
    "passed over wherever a conversion has another touch. Sessions are formed from all of a person's events "
    "since the lookback before the period (30 minutes, 24 hours), and have the source, channel, campaign and so "
    "on of their first event."
)


class Model(StrEnum):
    FIRST = "first"
    LAST = "last"
    LINEAR = "linear"


class Direct(StrEnum):
    COUNTED = "counted"
    PASSED_OVER = "passed_over"


def _of_session(field: str) -> str:
    if field not in SESSION_FIELDS:
        raise ValueError(f"A touch is a session; take one of {', '.join(SESSION_FIELDS)}.")
    return field


class AttributionSpec(Spec):
    """Which visits conversions, and what they are worth, are owed to."""

    definition: ClassVar[str] = DEFINITION

    kind: Literal["attribution"] = "attribution"
    filters: EventFilters = Field(default=(), max_length=50, description="Which of the events are conversions.")
    event: str = Field(min_length=1, max_length=500, description="The event that is a conversion.")
    property: str = Field(
        default="", max_length=300, description="The numeric property that is a conversion's value."
    )
    touch: Annotated[str, Field(max_length=300), AfterValidator(_of_session)] = Field(
        default="channel", description="What of a session gets the credit."
    )
    models: tuple[Model, ...] = Field(
        default=tuple(Model), min_length=1, max_length=3, description="Rows are ranked by the first of them."
    )
    lookback: int = Field(default=30, ge=1, le=365, description="Days before a conversion that touches count.")
    direct: Direct = Field(default=Direct.COUNTED, description="What sessions without a source are.")
    limit: int = Field(default=20, ge=1, le=500, description="Touches that are shown, before Other.")

    @field_validator("property")
    @classmethod
    def _plain(cls, value: str) -> str:
        return value.removeprefix(PROPERTY_PREFIX)

    @field_validator("models")
    @classmethod
    def _each_once(cls, models: tuple[Model, ...]) -> tuple[Model, ...]:
        if len(set(models)) < len(models):
            raise ValueError("Take each model once.")
        return models
