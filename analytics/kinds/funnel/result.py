"""What a funnel answers. No Django here."""

from dataclasses import dataclass

from analytics.periods import Interval, Span


@dataclass(frozen=True, slots=True)
class Duration:
    """Seconds that it took; empty where nobody did it."""

    median: float | None
    mean: float | None


@dataclass(frozen=True, slots=True)
class StepNumbers:
    """How many got to a step, as a share of those at step 1 and at the step before, and how long it took them."""

    label: str
    count: int
    from_first: float | None
    from_previous: float | None
    time_from_first: Duration
    time_from_previous: Duration


@dataclass(frozen=True, slots=True)
class FunnelLine:
    """All (`group` empty, `other` false), one group, or the rest; by interval, who began and got to the end."""

    label: str
    group: str | None
    other: bool
    steps: tuple[StepNumbers, ...]
    began: tuple[int, ...]
    converted: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class FunnelResult:
    """A line for all and one for each group; the last `incomplete` of the intervals are not over yet.

    `people` are names where they were asked for.
    """

    interval: Interval
    intervals: tuple[Span, ...]
    incomplete: int
    lines: tuple[FunnelLine, ...]
    people: tuple[str, ...] | None
