"""Periods, their comparison and their intervals, exact over daylight saving. No Django here.

Days are those of the project's time zone; instants are aware datetimes in UTC. A day begins at its first midnight;
where that midnight is skipped, at the moment of the jump. An hour is one on the wall clock: where the clock is put
back, the repeated hour is an interval of its own. Intervals at the edges of a period are cut by it.
"""

import calendar
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, model_serializer, model_validator

LONGEST_PERIOD_DAYS = 3_700
ONE_DAY = timedelta(days=1)


class Last(StrEnum):
    """Periods named from today: `7d` is that many days ending today, `6mo` this month and the five before it."""

    TODAY = "today"
    YESTERDAY = "yesterday"
    DAYS_7 = "7d"
    DAYS_30 = "30d"
    DAYS_90 = "90d"
    MONTHS_6 = "6mo"
    MONTHS_12 = "12mo"
    THIS_MONTH = "this_month"
    LAST_MONTH = "last_month"
    THIS_YEAR = "this_year"


class Interval(StrEnum):
    AUTO = "auto"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class Compare(StrEnum):
    """With what a period is compared: nothing, the period just before it, or the same days a year before."""

    NONE = "none"
    PREVIOUS = "previous"
    YEAR = "year"


class Period(BaseModel):
    """Either `{"last": "7d"}` or `{"from": "2026-01-01", "to": "2026-01-31"}`, both days included."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    last: Last | None = None
    from_: date | None = Field(default=None, alias="from")
    to: date | None = None

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if self.last is not None:
            if self.from_ is not None or self.to is not None:
                raise ValueError("Give either 'last', or 'from' and 'to'.")
            return self
        if self.from_ is None or self.to is None:
            raise ValueError("Give 'last', or both 'from' and 'to'.")
        if self.from_ > self.to:
            raise ValueError("'from' must not be after 'to'.")
        if (self.to - self.from_).days >= LONGEST_PERIOD_DAYS:
            raise ValueError(f"A period has at most {LONGEST_PERIOD_DAYS} days.")
        if self.from_.year < 1972 or self.to.year > 9000:
            raise ValueError("The years 1972 to 9000 can be asked for.")
        return self

    @model_serializer
    def _as_given(self) -> dict[str, Any]:
        if self.last is not None:
            return {"last": self.last.value}
        return {"from": str(self.from_), "to": str(self.to)}


@dataclass(frozen=True, slots=True)
class Days:
    """Calendar days, both included."""

    first: date
    last: date

    @property
    def count(self) -> int:
        return (self.last - self.first).days + 1


@dataclass(frozen=True, slots=True)
class Span:
    """Instants in UTC: `start` belongs to it, `end` does not."""

    start: datetime
    end: datetime


def days_of(period: Period, *, today: date) -> Days:
    """The days that a period means on a given day of the project."""
    if period.last is not None:
        return _LAST[period.last](today)
    if period.from_ is None or period.to is None:
        raise ValueError("A period without 'last' has both days.")
    return Days(period.from_, period.to)


def compared_days(period: Period, compare: Compare, *, today: date) -> Days | None:
    """The days to compare with: of a month those of the month before; else as many just before."""
    days = days_of(period, today=today)
    if compare is Compare.NONE:
        return None
    if compare is Compare.YEAR:
        return Days(add_months(days.first, -12), add_months(days.last, -12))
    months = _MONTHS.get(period.last) if period.last else None
    if months is None:
        return Days(days.first - timedelta(days=days.count), days.first - ONE_DAY)
    first = add_months(days.first, -months)
    if period.last is Last.LAST_MONTH:
        return Days(first, days.first - ONE_DAY)
    return Days(first, add_months(days.last, -months))


def today_in(zone: ZoneInfo, now: datetime) -> date:
    return now.astimezone(zone).date()


def span_of(days: Days, zone: ZoneInfo) -> Span:
    return Span(midnight(days.first, zone), midnight(days.last + ONE_DAY, zone))


def resolve(period: Period, *, zone: ZoneInfo, now: datetime) -> Span:
    """The instants that a period covers, seen from `now`."""
    return span_of(days_of(period, today=today_in(zone, now)), zone)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a day; `fold=0` reads a skipped midnight as the moment of the jump."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def add_months(day: date, months: int) -> date:
    """The same day of another month, or its last day where it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def choose_interval(interval: Interval, days: Days) -> Interval:
    """What `auto` means for this many days."""
    if interval is not Interval.AUTO:
        return interval
    if days.count <= 2:
        return Interval.HOUR
    if days.count <= 92:
        return Interval.DAY
    return Interval.WEEK if days.count <= 184 else Interval.MONTH


def intervals(days: Days, interval: Interval, *, zone: ZoneInfo, first_weekday: int = 0) -> tuple[Span, ...]:
    """The intervals of some days in order, without a gap; `first_weekday` 0 is Monday."""
    span = span_of(days, zone)
    if interval is Interval.HOUR:
        cuts = _hours(span, zone)
    else:
        cuts = (midnight(day, zone) for day in _first_days(days, interval, first_weekday))
    inner = sorted({cut for cut in cuts if span.start < cut < span.end})
    # A day that a zone skipped has no instant, and so no interval.
    edges = [span.start, *inner, span.end] if span.start < span.end else []
    return tuple(Span(start, end) for start, end in itertools.pairwise(edges))


def _hours(span: Span, zone: ZoneInfo) -> Iterator[datetime]:
    cut = span.start
    while cut < span.end:
        wall = cut.astimezone(zone)
        cut += timedelta(hours=1) - timedelta(minutes=wall.minute, seconds=wall.second)
        yield cut


def _first_days(days: Days, interval: Interval, first_weekday: int) -> Iterator[date]:
    day = days.first
    while day <= days.last:
        yield day
        day = _NEXT[interval](day, first_weekday)


_NEXT: dict[Interval, Callable[[date, int], date]] = {
    Interval.DAY: lambda day, _: day + ONE_DAY,
    Interval.WEEK: lambda day, first: day + timedelta(days=7 - (day.weekday() - first) % 7),
    Interval.MONTH: lambda day, _: add_months(day.replace(day=1), 1),
}
_LAST: dict[Last, Callable[[date], Days]] = {
    Last.TODAY: lambda today: Days(today, today),
    Last.YESTERDAY: lambda today: Days(today - ONE_DAY, today - ONE_DAY),
    Last.DAYS_7: lambda today: Days(today - timedelta(days=6), today),
    Last.DAYS_30: lambda today: Days(today - timedelta(days=29), today),
    Last.DAYS_90: lambda today: Days(today - timedelta(days=89), today),
    Last.MONTHS_6: lambda today: Days(add_months(today.replace(day=1), -5), today),
    Last.MONTHS_12: lambda today: Days(add_months(today.replace(day=1), -11), today),
    Last.THIS_MONTH: lambda today: Days(today.replace(day=1), today),
    Last.LAST_MONTH: lambda today: Days(add_months(today.replace(day=1), -1), today.replace(day=1) - ONE_DAY),
    Last.THIS_YEAR: lambda today: Days(today.replace(month=1, day=1), today),
}
_MONTHS = {Last.MONTHS_6: 6, Last.MONTHS_12: 12, Last.THIS_MONTH: 1, Last.LAST_MONTH: 1, Last.THIS_YEAR: 12}
