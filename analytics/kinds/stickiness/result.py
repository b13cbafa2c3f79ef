"""What stickiness answers. No Django here."""

from dataclasses import dataclass

from analytics.periods import Interval, Span


@dataclass(frozen=True, slots=True)
class Active:
    """The active people of a range: `exactly[0]` in one interval, `at_least[0]` in one or more, and so on.

    `people` are all of them; `mean` is the mean number of intervals, None of nobody.
    """

    exactly: tuple[int, ...]
    at_least: tuple[int, ...]
    people: int
    mean: float | None


@dataclass(frozen=True, slots=True)
class StickinessResult:
    """`intervals` are those of the period; the last `incomplete` of them are not over yet."""

    interval: Interval
    intervals: tuple[Span, ...]
    incomplete: int
    current: Active
    previous: Active | None
    previous_span: Span | None
