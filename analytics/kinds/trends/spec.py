"""What may be asked of trends. No Django here."""

from string import ascii_uppercase
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from analytics.kinds.aggregations import ADDITIVE, Aggregated, title_of
from analytics.kinds.base import Spec
from analytics.kinds.events import EventField, EventFilters
from analytics.kinds.trends.formulas import formula_of
from analytics.periods import Compare, Interval

DEFINITION = (
    "For each interval in the project's time zone, over the events that pass the filters: their number, the "
    "distinct people, the distinct sessions with such an event, events per person, or a statistic of a numeric "
    "property. Intervals without events are zeros; means and other statistics of nothing are empty. Totals are "
    "taken over the whole period: a total of people counts each once. Sessions are formed from all of a "
    "person's events inside the period (30 minutes, 24 hours). Source, channel, campaign, referrer, country, "
    "device, browser and system of an event are those of its session's first event. Median and percentiles "
    "interpolate linearly between the two nearest values. With a breakdown, the groups with the most events of "
    "a series are shown, and all others together as Other. A formula is computed of the series' values in each "
    "interval, and of their totals for its own; it is empty where one of them is and where it divides by zero. "
    "With formulas, all series have the same groups, those with the most events in all of them together. "
    "Cumulative values have those of the intervals before added to them."
)


class TrendSeries(Aggregated):
    """One line: which events (all if `event` is empty), and what of them."""

    event: str = Field(default="", max_length=500, description="The event's name; any if empty.")
    filters: EventFilters = Field(default=(), max_length=50)


def label_of(series: TrendSeries) -> str:
    """What to call a series, also where it was given no label."""
    return series.label or f"{series.event or 'All events'}: {title_of(series)}"


class TrendFormula(BaseModel):
    """A line made of series: `A / B * 100`, where A is the first."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    formula: str = Field(max_length=200, description="Series by their letters, numbers, + - * / and parentheses.")
    label: str = Field(default="", max_length=200, description="What to call it.")

    @field_validator("formula")
    @classmethod
    def _readable(cls, text: str) -> str:
        formula_of(text)
        return text


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

    formulas: tuple[TrendFormula, ...] = Field(default=(), max_length=10, description="Lines made of the series.")
    formulas_only: bool = Field(default=False, description="Leave out the lines of the series themselves.")
    cumulative: bool = Field(default=False, description="Add up the values from the left: of totals and sums.")

    @field_validator("breakdown")
    @classmethod
    def _by_events(cls, fields: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(fields)) < len(fields):
            raise ValueError("Break down by a field once.")
        return fields

    @field_validator("formulas")
    @classmethod
    def _of_series(cls, formulas: tuple[TrendFormula, ...], info: ValidationInfo) -> tuple[TrendFormula, ...]:
        known = len(info.data.get("series", ascii_uppercase))
        for item in formulas:
            if missing := [place for place in formula_of(item.formula).series if place >= known]:
                raise ValueError(f"There is no series {ascii_uppercase[min(missing)]} for '{item.formula}'.")
        return formulas

    @field_validator("formulas_only")
    @classmethod
    def _something_is_left(cls, only: bool, info: ValidationInfo) -> bool:
        if only and not info.data.get("formulas", True):
            raise ValueError("There are no formulas.")
        return only

    @field_validator("cumulative")
    @classmethod
    def _adds_up(cls, cumulative: bool, info: ValidationInfo) -> bool:
        for series in info.data.get("series", ()):
            if cumulative and series.aggregation not in ADDITIVE:
                raise ValueError(f"'{series.aggregation}' does not add up over intervals.")
        return cumulative


def names_of(spec: TrendsSpec) -> tuple[str, ...]:
    """What to call each series, then each formula: a line's `series` is a place in this."""
    formulas = (item.label or item.formula for item in spec.formulas)
    return (*map(label_of, spec.series), *formulas)
