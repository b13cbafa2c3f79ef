"""When the cohorts and cells of a retention begin and end. No Django here."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.errors import FieldError, Invalid
from analytics.kinds.frame import Frame
from analytics.kinds.retention.spec import RetentionSpec
from analytics.periods import Interval, Span
from analytics.store.base import EPOCH, Range

MOST_CELLS = 20_000
# What a rolling interval takes.
LENGTHS = {Interval.DAY: timedelta(days=1), Interval.WEEK: timedelta(days=7), Interval.MONTH: timedelta(days=30)}


@dataclass(frozen=True, slots=True)
class Timeline:
    """The intervals of a spec seen from `frame.now`; raises Invalid for too many cells."""

    spec: RetentionSpec
    frame: Frame

    def __post_init__(self) -> None:
        if len(self.cohorts) * (self.spec.follow + 1) > MOST_CELLS:
            message = f"At most {MOST_CELLS:,} cells; take longer intervals, or follow fewer."
            raise Invalid(message, fields=[FieldError("follow", message)])

    @property
    def cohorts(self) -> tuple[Span, ...]:
        return self.frame.current.intervals

    @property
    def length(self) -> timedelta:
        return LENGTHS[self.frame.interval]

    @property
    def is_rolling(self) -> bool:
        return self.spec.intervals == "rolling"

    @property
    def is_cut(self) -> bool:
        """Whether the period's end cuts the last cohort's interval."""
        return bool(self.cohorts) and self.frame.followed[len(self.cohorts) - 1].end > self.cohorts[-1].end

    @property
    def read(self) -> Range:
        """What to read: what was before as one interval, where it matters; the cohorts; what the period's end cuts
        off the last of them; and the rest.
        """
        first, end = self.frame.current.span.start, self.frame.current.span.end
        last = self.over(len(self.cohorts) - 1, self.spec.follow) if self.cohorts else end
        intervals = [*self.cohorts, *self._after(end, last)]
        if self.spec.cohorts == "first_time":
            intervals.insert(0, Span(EPOCH, first))
            first = EPOCH
        return Range(Span(first, last), tuple(intervals))

    def _after(self, end: datetime, last: datetime) -> list[Span]:
        if self.is_rolling or not self.cohorts:
            return [Span(end, last)]
        whole = self.frame.followed[len(self.cohorts) - 1]
        return [*([Span(end, whole.end)] if self.is_cut else []), *self.frame.followed[len(self.cohorts) :]]

    def begins(self, cohort: int, cell: int) -> datetime:
        """When the first of a cohort may return in a cell."""
        if self.is_rolling:
            return self.cohorts[cohort].start + cell * self.length
        return self.frame.followed[cohort + cell].start

    def over(self, cohort: int, cell: int) -> datetime:
        """When nobody of a cohort can return in a cell any more."""
        last = self.spec.follow if self.spec.returned == "in_or_after" else cell
        if self.is_rolling:
            return self.cohorts[cohort].end + (last + 1) * self.length
        return self.frame.followed[cohort + last].end


def turns(spec: RetentionSpec, frame: Frame) -> Iterator[datetime]:
    """The moments at which a cell begins or is over."""
    timeline = Timeline(spec, frame)
    for cohort in range(len(timeline.cohorts)):
        for cell in range(spec.follow + 1):
            yield timeline.begins(cohort, cell)
            yield timeline.over(cohort, cell)


def reach(spec: RetentionSpec, frame: Frame) -> Span:
    return Timeline(spec, frame).read.span
