"""What retention answers. No Django here."""

from dataclasses import dataclass
from datetime import datetime

from analytics.periods import Interval


@dataclass(frozen=True, slots=True)
class Cell:
    """Who returned, and their share of the cohort (empty of nobody); `incomplete` while more may return."""

    people: int
    share: float | None
    incomplete: bool


@dataclass(frozen=True, slots=True)
class Cohort:
    """Those who started in an interval; `cells` from the interval itself to the last that has begun."""

    start: datetime
    end: datetime
    size: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class RetentionLine:
    """All (`group` empty, `other` false), one group, or the rest; `mean` is of complete cells, by their place."""

    label: str
    group: str | None
    other: bool
    size: int
    cohorts: tuple[Cohort, ...]
    mean: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class RetentionResult:
    """A line for all and one for each group; `people` are names where they were asked for."""

    interval: Interval
    lines: tuple[RetentionLine, ...]
    people: tuple[str, ...] | None
