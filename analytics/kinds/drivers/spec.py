"""What may be asked of drivers. No Django here."""

from enum import StrEnum
from typing import ClassVar, Literal

from pydantic import Field, ValidationInfo, field_validator

from analytics.fields import PROPERTY_PREFIX
from analytics.kinds.base import Spec
from analytics.kinds.events import EventField, EventFilters
from analytics.periods import Compare

DEFINITION = (
    "Change is the value of the period less that of the compared period; a change from zero is new. For each "
    "dimension, the change of each of its values over the change of the whole is its contribution: what it "
    "carries. The contributions of one dimension add up to the whole, since everything is counted for one value: "
    "an event for its own, a session or a person for that of their first event in the period that passes the "
    "filters (of several at one instant, the first value in the order of texts). Only the thousand largest "
    "values of either period are looked at; of them those with the largest changes are shown, up or down, and "
    "all others together as Other. Sessions are formed from all of a person's events inside a period (30 "
    "minutes, 24 hours); source, channel, campaign, referrer, country, device, browser and system of an event "
    "are those of its session's first."
)
DEFAULT_DIMENSIONS = ("channel", "source", "utm_campaign", "country", "device", "browser", "os", "path", "name")


class Metric(StrEnum):
    TOTAL = "total"
    UNIQUE = "unique"
    SESSIONS = "sessions"
    SUM = "sum"


class DriversSpec(Spec):
    """Which values carry the change of a number from one period to another."""

    definition: ClassVar[str] = DEFINITION

    kind: Literal["drivers"] = "drivers"
    compare: Literal[Compare.PREVIOUS, Compare.YEAR] = Field(
        default=Compare.PREVIOUS, description="The period that the change is from."
    )
    filters: EventFilters = Field(default=(), max_length=50)
    event: str = Field(default="", max_length=500, description="Only events of this name; all if empty.")
    metric: Metric = Field(
        default=Metric.TOTAL, description="Events, distinct people, distinct sessions, or the sum of a property."
    )
    property: str = Field(
        default="", max_length=300, validate_default=True, description="The numeric property of a sum."
    )
    dimensions: tuple[EventField, ...] = Field(
        default=DEFAULT_DIMENSIONS, min_length=1, max_length=12, description="Where to look for what carries it."
    )
    limit: int = Field(default=5, ge=1, le=100, description="Values of a dimension, before Other.")

    @field_validator("property")
    @classmethod
    def _property_fits(cls, value: str, info: ValidationInfo) -> str:
        metric = info.data.get("metric")
        if metric is Metric.SUM and not value:
            raise ValueError("'sum' needs a property.")
        if metric is not Metric.SUM and value:
            raise ValueError(f"'{metric}' takes no property.")
        return value.removeprefix(PROPERTY_PREFIX)

    @field_validator("dimensions")
    @classmethod
    def _each_once(cls, fields: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(fields)) < len(fields):
            raise ValueError("Take each dimension once.")
        return fields
