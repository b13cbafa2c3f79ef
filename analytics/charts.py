"""The geometry of a line chart: from numbers to the strings that an SVG template places. No Django here.

The plot is 1000 units wide and stretched to the page; heights are pixels. Labels stand outside of the stretched
part, at percentages of the width, so that text is never distorted.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 1000.0
# Room above the highest gridline for its label, in pixels.
HEADROOM = 18.0
_COUNT_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_SECOND_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400)
_MOST_LABELS = 7

Values = Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Gridline:
    """A horizontal line at `y` pixels, which stands for `value`."""

    y: float
    value: float


@dataclass(frozen=True, slots=True)
class Mark:
    """A label under the plot: which point, at which percentage, anchored how; minor ones give way when narrow."""

    index: int
    x: str
    anchor: str
    minor: bool


@dataclass(frozen=True, slots=True)
class Dot:
    """A point's place: percent of the width and pixels from the top."""

    x: str
    y: float | None
    previous_y: float | None
    alone: bool


@dataclass(frozen=True, slots=True)
class LineChart:
    """Everything that the template draws. Paths are SVG path data, empty where there is nothing."""

    height: float
    line: str
    running: str
    area: str
    previous: str
    gridlines: tuple[Gridline, ...]
    marks: tuple[Mark, ...]
    dots: tuple[Dot, ...]


@dataclass(frozen=True, slots=True)
class OneLine:
    """A line of several: its path, the dashed end of it, and its points."""

    number: int
    path: str
    running: str
    dots: tuple[Dot, ...]


@dataclass(frozen=True, slots=True)
class ManyLines:
    """Several lines on one pair of axes."""

    height: float
    lines: tuple[OneLine, ...]
    gridlines: tuple[Gridline, ...]
    marks: tuple[Mark, ...]


def many_lines(series: Sequence[Values], *, incomplete: int = 0, height: float = 240.0) -> ManyLines:
    """Draw lines over equal steps, of which the last `incomplete` are still running."""
    known = [value for values in series for value in values if value is not None]
    tops = ticks_around(max(known, default=0.0), min(known, default=0.0))
    count = max((len(values) for values in series), default=0)
    scale = _Scale(count, tops[-1], height, tops[0])
    lines = tuple(_one_line(number, values, scale, incomplete) for number, values in enumerate(series))
    return ManyLines(height, lines, tuple(Gridline(scale.y(top), top) for top in tops), _marks(count, scale))


def _one_line(number: int, values: Values, scale: "_Scale", incomplete: int) -> OneLine:
    settled = len(values) - incomplete
    solid = [value if place < settled else None for place, value in enumerate(values)]
    running = [value if place >= settled - 1 else None for place, value in enumerate(values)]
    return OneLine(number, scale.path(solid), scale.path(running) if incomplete else "", _dots(values, (), scale))


def line_chart(
    values: Values, previous: Values, *, incomplete: int = 0, height: float = 220.0, unit: str = "count"
) -> LineChart:
    """Draw one series over equal steps, with another behind it; the last `incomplete` points are still running.

    `unit` chooses the steps of the axis: `count` (whole numbers), `fraction` or `seconds`.
    """
    lines = ticks(max((value for value in (*values, *previous) if value is not None), default=0.0), unit)
    scale = _Scale(len(values), lines[-1], height)
    settled = len(values) - incomplete
    solid = [value if index < settled else None for index, value in enumerate(values)]
    running = [value if index >= settled - 1 else None for index, value in enumerate(values)]
    return LineChart(
        height=height,
        line=scale.path(solid),
        running=scale.path(running) if incomplete else "",
        area=scale.area(values),
        previous=scale.path(previous),
        gridlines=tuple(Gridline(scale.y(value), value) for value in lines),
        marks=_marks(len(values), scale),
        dots=_dots(values, previous, scale),
    )


def ticks(highest: float, unit: str = "count") -> tuple[float, ...]:
    """Round values from zero to at least `highest`, in three to five steps."""
    step = _step(highest / 4, unit)
    count = max(1, math.ceil(highest / step - 1e-9))
    return tuple(round(step * index, 10) for index in range(count + 1))


def ticks_around(highest: float, lowest: float) -> tuple[float, ...]:
    """Round values from the lowest to the highest, zero among them."""
    highest, lowest = max(highest, 0.0), max(-lowest, 0.0)
    most = max(highest, lowest)
    step = ticks(most, "count" if most >= 4 else "number")[1]
    first, last = -math.ceil(lowest / step - 1e-9), max(1, math.ceil(highest / step - 1e-9))
    return tuple(round(step * place, 10) for place in range(first, last + 1))


def _step(raw: float, unit: str) -> float:
    if unit == "seconds":
        fitting = [step for step in _SECOND_STEPS if step >= raw]
        return float(fitting[0]) if fitting else 86400.0 * math.ceil(raw / 86400)
    if raw <= 0:
        return 0.25 if unit == "fraction" else 1.0
    magnitude = 10.0 ** math.floor(math.log10(raw))
    step = next(magnitude * factor for factor in _COUNT_STEPS if magnitude * factor >= raw * (1 - 1e-9))
    return float(max(1, math.ceil(step))) if unit == "count" else step


@dataclass(frozen=True, slots=True)
class _Scale:
    count: int
    top: float
    height: float
    bottom: float = 0.0

    def share(self, index: int) -> float:
        return 0.5 if self.count == 1 else index / (self.count - 1)

    def percent(self, index: int) -> str:
        return f"{self.share(index) * 100:.2f}%"

    def y(self, value: float) -> float:
        share = (value - self.bottom) / (self.top - self.bottom)
        return round(self.height - share * (self.height - HEADROOM), 1)

    def path(self, values: Values) -> str:
        return "".join(_move_and_lines(run) for run in self._runs(values))

    def area(self, values: Values) -> str:
        return "".join(
            f"{_move_and_lines(run)}L{run[-1][0]} {self.height:g}L{run[0][0]} {self.height:g}Z"
            for run in self._runs(values)
        )

    def _runs(self, values: Values) -> list[list[tuple[str, float]]]:
        """Unbroken stretches of points: a missing value is a gap, not a zero."""
        placed = [
            None if value is None else (f"{self.share(index) * WIDTH:.1f}", self.y(value))
            for index, value in enumerate(values)
        ]
        groups = itertools.groupby(placed, key=lambda point: point is not None)
        return [[point for point in group if point is not None] for there, group in groups if there]


def _move_and_lines(run: list[tuple[str, float]]) -> str:
    return "M" + "L".join(f"{x} {y:g}" for x, y in run)


def _marks(count: int, scale: _Scale) -> tuple[Mark, ...]:
    every = max(1, math.ceil(count / _MOST_LABELS))
    chosen = range(0, count, every)
    return tuple(
        Mark(index, scale.percent(index), _anchor(scale.share(index)), minor=bool(place % 2))
        for place, index in enumerate(chosen)
    )


def _anchor(share: float) -> str:
    if share < 0.03:
        return "start"
    return "end" if share > 0.97 else "middle"


def _dots(values: Values, previous: Values, scale: _Scale) -> tuple[Dot, ...]:
    padded = [*previous, *[None] * (len(values) - len(previous))]
    return tuple(
        Dot(
            scale.percent(index),
            None if value is None else scale.y(value),
            None if before is None else scale.y(before),
            alone=value is not None and _is_alone(values, index),
        )
        for index, (value, before) in enumerate(zip(values, padded, strict=False))
    )


def _is_alone(values: Values, index: int) -> bool:
    """A point without neighbours has no line, so it needs a dot to be seen."""
    around = (values[place] for place in (index - 1, index + 1) if 0 <= place < len(values))
    return all(value is None for value in around)
