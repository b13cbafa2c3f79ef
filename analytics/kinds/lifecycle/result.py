"""What lifecycle answers. No Django here."""

from dataclasses import dataclass
from datetime import datetime

from analytics.periods import Interval, Span


@dataclass(frozen=True, slots=True)
class Point:
    """The people of the interval that begins at `start`; `dormant` is zero or negative."""

    start: datetime
    new: int
    returning: int
    resurrecting: int
    dormant: int


@dataclass(frozen=True, slots=True)
class LifecycleResult:
    """A point for each of `intervals`; the last `incomplete` of them are not over yet."""

    interval: Interval
    intervals: tuple[Span, ...]
    incomplete: int
    points: tuple[Point, ...]
