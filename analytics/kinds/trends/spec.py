"""What may be asked of trends. No Django here."""

from typing import ClassVar, Literal

from pydantic import Field, field_validator

from analytics.kinds.aggregations import Aggregated, title_of
from analytics.kinds.base import Spec
from analytics.kinds.events import EventField, EventFilters
from analytics.periods import Compare, Interval

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


class TrendSeries(Aggregated):
    """One line: which events (all if `event` is empty), and what of them."""

    event: str = Field(default="", max_length=500, description="The event's name; any if empty.")
    filters: EventFilters = Field(default=(), max_length=50)


def label_of(series: TrendSeries) -> str:
    """What to call a series, also where it was given no label."""
    return series.label or f"{series.event or 'All events'}: {title_of(series)}"


class TrendsSpec(Spec):
    """Up to ten series over the intervals of a period."""

    definition: ClassVar[str] = DEFINITION

    kind: Literal["trends"] = "trends"
    compare: Compare = Compare.NONE
    interval: Interval = Interval.AUTO
    filters: EventFilters = Field(default=(), max_length=50)
    series: tuple[TrendSeries, ...] = Field(min_length=1, max_length=10)
    breakdown: tuple[EventField, ...] = Field(default=(), max_length=2)
    limit: int = Field(default=10, ge=1, le=100, description="Groups of a breakdown, before Other.")

    @field_validator("breakdown")
    @classmethod
    def _by_events(cls, fields: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(fields)) < len(fields):
            raise ValueError("Break down by a field once.")
        return fields
