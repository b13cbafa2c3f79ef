"""Stacked bars over equal steps; what is negative hangs below the line of zero. No Django here."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from analytics.charts import Gridline, Mark, ticks_around

WIDTH = 1000.0
HEADROOM = 18.0
# The part of a step that its bar takes.
_FILLED = 0.72
_MOST_LABELS = 7
# Room at the left for the labels of the lines.
_LEFT = 44.0


@dataclass(frozen=True, slots=True)
class Bar:
    """A piece of a bar: place in units of the width and in pixels, the series it is of, and its step."""

    number: int
    index: int
    x: str
    y: str
    width: str
    height: str


@dataclass(frozen=True, slots=True)
class Bars:
    """Everything that the template draws; `zero` is the height of the line of zero."""

    height: float
    zero: float
    bars: tuple[Bar, ...]
    gridlines: tuple[Gridline, ...]
    marks: tuple[Mark, ...]


def stacked(series: Sequence[Sequence[float | None]], *, height: float = 240.0) -> Bars:
    """Draw series over equal steps, one on the other, the negative values downwards."""
    count = max((len(values) for values in series), default=0)
    columns = [[values[index] or 0.0 for values in series] for index in range(count)]
    highest = max((sum(max(value, 0.0) for value in column) for column in columns), default=0.0)
    lowest = min((sum(min(value, 0.0) for value in column) for column in columns), default=0.0)
    lines = ticks_around(highest, lowest)
    scale = _Scale(lines[-1], lines[0], height)
    bars = [bar for index, column in enumerate(columns) for bar in _column(index, column, count, scale)]
    return Bars(
        height=height,
        zero=scale.y(0.0),
        bars=tuple(bars),
        gridlines=tuple(Gridline(scale.y(value), value) for value in lines),
        marks=_marks(count),
    )


@dataclass(frozen=True, slots=True)
class _Scale:
    top: float
    bottom: float
    height: float

    def y(self, value: float) -> float:
        """Pixels from the top."""
        return round((self.top - value) / (self.top - self.bottom) * (self.height - HEADROOM) + HEADROOM, 1)


def _column(index: int, column: Sequence[float], count: int, scale: _Scale) -> list[Bar]:
    width = (WIDTH - _LEFT) / count
    left = _LEFT + width * (index + (1 - _FILLED) / 2)
    up = down = 0.0
    found = []
    for number, value in enumerate(column):
        if not value:
            continue
        base = up if value > 0 else down
        edges = scale.y(max(base, base + value)), scale.y(min(base, base + value))
        up, down = (up + value, down) if value > 0 else (up, down + value)
        found.append(
            Bar(
                number,
                index,
                f"{left:.1f}",
                f"{edges[0]:.1f}",
                f"{width * _FILLED:.1f}",
                f"{max(edges[1] - edges[0], 0.5):.1f}",
            )
        )
    return found


def _marks(count: int) -> tuple[Mark, ...]:
    every = max(1, math.ceil(count / _MOST_LABELS))
    return tuple(
        Mark(
            index,
            f"{(_LEFT + (index + 0.5) / count * (WIDTH - _LEFT)) / WIDTH * 100:.2f}%",
            "middle",
            minor=bool(place % 2),
        )
        for place, index in enumerate(range(0, count, every))
    )
