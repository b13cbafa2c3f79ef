"""The time of an answer: its intervals, those it is compared with, and what is still running. No Django here."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from accounts.errors import FieldError, Invalid
from analytics.periods import (
    ONE_DAY,
    Compare,
    Days,
    Interval,
    Period,
    Span,
    choose_interval,
    compared_days,
    days_of,
    intervals,
    span_of,
    today_in,
)
from analytics.store.base import Range

MOST_INTERVALS = 5_000
SHORTEST = {Interval.HOUR: 24, Interval.DAY: 1}


class Timed(Protocol):
    """What every spec says about time; some have a `compare`, an `interval` or a `follow` as well."""

    @property
    def period(self) -> Period: ...


@dataclass(frozen=True, slots=True)
class Frame:
    """The range asked for and the one it is compared with, both in intervals of one kind.

    `before` is the interval that ends where the range begins: cut by it where the range begins within one.
    `followed` are the intervals of the range and as many after them as the spec follows, none of which the end
    of the range cuts; there are none where it follows nothing. `kept_from` is set where events before it,
    which are not kept, would be asked for.
    """

    interval: Interval
    current: Range
    previous: Range | None
    before: Span
    now: datetime
    followed: tuple[Span, ...] = ()
    kept_from: datetime | None = None

    @property
    def ranges(self) -> tuple[Range, ...]:
        return (self.current, self.previous) if self.previous else (self.current,)

    def since(self, edge: datetime | None, reach: Span) -> "Frame":
        """The same frame where events are kept from this moment on; None is for ever. `reach` is what is read."""
        cuts = edge is not None and reach.start < edge
        return replace(self, kept_from=edge if cuts else None)

    def kept(self, within: Range) -> Range:
        """The part of a range that is kept. Its intervals stay: before the edge they are empty."""
        edge, span = self.kept_from, within.span
        if edge is None:
            return within
        return replace(within, span=Span(max(span.start, edge), max(span.end, edge)))

    def is_incomplete(self, item: Span) -> bool:
        return item.end > self.now

    @property
    def incomplete(self) -> int:
        """How many intervals at the end are not over."""
        return sum(self.is_incomplete(item) for item in self.current.intervals)


def frame_of(spec: Timed, *, zone: ZoneInfo, first_weekday: int, now: datetime) -> Frame:
    """The frame of a spec seen from `now`; raises Invalid for too many intervals."""
    today = today_in(zone, now)
    days = days_of(spec.period, today=today)
    interval = choose_interval(getattr(spec, "interval", Interval.AUTO), days)
    if days.count * SHORTEST.get(interval, 0) > MOST_INTERVALS:
        message = f"At most {MOST_INTERVALS} intervals; take longer ones."
        raise Invalid(message, fields=[FieldError("interval", message)])
    before = compared_days(spec.period, getattr(spec, "compare", Compare.NONE), today=today)

    def range_of(own: Days) -> Range:
        return Range(span_of(own, zone), intervals(own, interval, zone=zone, first_weekday=first_weekday))

    # A month is the longest interval, and the last of so many days ends with them.
    earlier = Days(days.first - timedelta(days=31), days.first - ONE_DAY)
    last = intervals(earlier, interval, zone=zone, first_weekday=first_weekday)[-1]
    current = range_of(days)
    count = getattr(spec, "follow", 0)
    further = intervals(_grown(days, interval, count), interval, zone=zone, first_weekday=first_weekday)
    followed = further[: len(current.intervals) + count] if count else ()
    return Frame(interval, current, range_of(before) if before else None, last, now, followed)


def _grown(days: Days, interval: Interval, count: int) -> Days:
    """So many days that so many intervals more are whole."""
    longest = {Interval.DAY: 1, Interval.WEEK: 7}.get(interval, 31)
    return Days(days.first, days.last + timedelta(days=longest * (count + 2)))
