"""What trends answer. No Django here."""

from dataclasses import dataclass

from analytics.periods import Interval, Span


@dataclass(frozen=True, slots=True)
class Line:
    """One line of numbers: `values` has one for each interval, `total` is over the whole period.

    `series` is the place of its series; formulas come after those. `group` has a value for each breakdown field
    (an absent one is empty); it is None without a breakdown, and for the rest, `other` is true.
    """

    series: int
    label: str
    group: tuple[str, ...] | None
    other: bool
    values: tuple[float | None, ...]
    total: float | None
    previous_values: tuple[float | None, ...] | None
    previous_total: float | None


@dataclass(frozen=True, slots=True)
class TrendsResult:
    """Lines over `intervals`; the last `incomplete` of them are not over yet."""

    interval: Interval
    intervals: tuple[Span, ...]
    incomplete: int
    previous_span: Span | None
    lines: tuple[Line, ...]
