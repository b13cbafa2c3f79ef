"""What is counted of events, as specs say it. No Django here."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from analytics.fields import PROPERTY_PREFIX


class Aggregation(StrEnum):
    TOTAL = "total"
    UNIQUE = "unique"
    SESSIONS = "sessions"
    PER_PERSON = "per_person"
    SUM = "sum"
    MEAN = "mean"
    MIN = "min"
    MAX = "max"
    MEDIAN = "median"
    P90 = "p90"
    P95 = "p95"
    P99 = "p99"


OF_PROPERTY = frozenset(Aggregation) - {
    Aggregation.TOTAL,
    Aggregation.UNIQUE,
    Aggregation.SESSIONS,
    Aggregation.PER_PERSON,
}
# Of these, no events are zero; of the others they are nothing.
ZERO_OF_NOTHING = frozenset({Aggregation.TOTAL, Aggregation.UNIQUE, Aggregation.SESSIONS, Aggregation.SUM})
# Their values of several intervals may be added.
ADDITIVE = frozenset({Aggregation.TOTAL, Aggregation.SUM})
QUANTILES = {Aggregation.MEDIAN: 0.5, Aggregation.P90: 0.9, Aggregation.P95: 0.95, Aggregation.P99: 0.99}


class Aggregated(BaseModel):
    """An aggregation of events, or of a numeric property of theirs."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    aggregation: Aggregation = Field(default=Aggregation.TOTAL, description="What of the events.")
    property: str = Field(default="", max_length=300, description="The numeric property of a statistic.")
    label: str = Field(default="", max_length=200, description="What to call it.")

    @field_validator("property")
    @classmethod
    def _property_fits(cls, value: str, info: ValidationInfo) -> str:
        aggregation = info.data.get("aggregation")
        if aggregation in OF_PROPERTY and not value:
            raise ValueError(f"'{aggregation}' needs a property.")
        if aggregation not in OF_PROPERTY and value:
            raise ValueError(f"'{aggregation}' takes no property.")
        return value.removeprefix(PROPERTY_PREFIX)

    def or_nothing(self, value: float | None) -> float | None:
        """A value, or what no events are: zero for a count or sum, empty for a mean."""
        return 0.0 if value is None and self.aggregation in ZERO_OF_NOTHING else value


def title_of(measure: Aggregated) -> str:
    """Its label, or what it is in words."""
    return measure.label or f"{measure.aggregation}{f' of {measure.property}' if measure.property else ''}"
