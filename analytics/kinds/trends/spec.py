"""What may be asked of trends. No Django here."""

from enum import StrEnum
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from analytics.kinds.filters import ENTRY_PATH, EXIT_PATH, PROPERTY_PREFIX, FieldName, Filter
from analytics.periods import Compare, Interval, Period

DEFINITION = (
    "For each interval in the project's time zone, over the events that pass the filters: their number, the "
    "distinct people, the distinct sessions with such an event, events per person, or a statistic of a numeric "
    "property. Intervals without events are zeros; means and other statistics of nothing are empty. Totals are "
    "taken over the whole period: a total of people counts each once. Sessions are formed from all of a person's "
    "events inside the period (30 minutes, 24 hours). Source, channel, campaign, referrer, country, device, "
    "browser and system of an event are those of its session's first event. Median and percentiles interpolate "
    "linearly between the two nearest values. With a breakdown, the groups with the most events of a series are "
    "shown, and all others together as Other."
)


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
# Of these, an interval without events is zero; of the others it is empty.
ZERO_OF_NOTHING = frozenset({Aggregation.TOTAL, Aggregation.UNIQUE, Aggregation.SESSIONS, Aggregation.SUM})


def no_session_pages(field: str) -> str:
    if field in {ENTRY_PATH, EXIT_PATH}:
        raise ValueError(f"{field} belongs to sessions; trends are of events.")
    return field


def _of_events(filters: tuple[Filter, ...]) -> tuple[Filter, ...]:
    for item in filters:
        no_session_pages(item.field)
    return filters


EventFilters = Annotated[tuple[Filter, ...], AfterValidator(_of_events)]


class TrendSeries(BaseModel):
    """One line: which events (all if `event` is empty), and what of them."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    event: str = Field(default="", max_length=500)
    filters: EventFilters = Field(default=(), max_length=50)
    aggregation: Aggregation = Aggregation.TOTAL
    property: str = Field(default="", max_length=300, description="The numeric property of a statistic.")
    label: str = Field(default="", max_length=200)

    @field_validator("property")
    @classmethod
    def _property_fits(cls, value: str, info: ValidationInfo) -> str:
        aggregation = info.data.get("aggregation")
        if aggregation in OF_PROPERTY and not value:
            raise ValueError(f"'{aggregation}' needs a property.")
        if aggregation not in OF_PROPERTY and value:
            raise ValueError(f"'{aggregation}' takes no property.")
        return value.removeprefix(PROPERTY_PREFIX)


def label_of(series: TrendSeries) -> str:
    """What to call a series, also where it was given no label."""
    of = f" of {series.property}" if series.property else ""
    return series.label or f"{series.event or 'All events'}: {series.aggregation}{of}"


class TrendsSpec(BaseModel):
    """Up to ten series over the intervals of a period."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "kind": "trends",
                    "period": {"from": "2026-01-01", "to": "2026-01-31"},
                    "interval": "week",
                    "series": [{"event": "Order Completed", "aggregation": "sum", "property": "revenue"}],
                    "breakdown": ["country"],
                }
            ]
        },
    )
    definition: ClassVar[str] = DEFINITION

    kind: Literal["trends"] = "trends"
    period: Period
    compare: Compare = Compare.NONE
    interval: Interval = Interval.AUTO
    filters: EventFilters = Field(default=(), max_length=50)
    series: tuple[TrendSeries, ...] = Field(min_length=1, max_length=10)
    breakdown: tuple[FieldName, ...] = Field(default=(), max_length=2)
    limit: int = Field(default=10, ge=1, le=100, description="Groups of a breakdown, before Other.")

    @field_validator("breakdown")
    @classmethod
    def _by_events(cls, fields: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(fields)) < len(fields):
            raise ValueError("Break down by a field once.")
        return tuple(no_session_pages(field) for field in fields)
