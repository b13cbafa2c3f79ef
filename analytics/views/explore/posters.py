"""A block of an answer as a picture that stands alone: its size, and what stands where in it. No Django here."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from analytics.views.explore.blocks import (
    BarsBlock,
    Block,
    Cell,
    FlowBlock,
    GridBlock,
    Key,
    LinesBlock,
    StepsBlock,
)

# Pixels. A picture has a light ground, whatever its page has.
WIDTH, MARGIN, HEAD = 1000, 16, 56
_PLOT, _LEGEND, _STEP, _ROW = 270, 20, 66, 26
_NAME, _CELL = 130, 64
COLORS = (
    "#2f66d6", "#c2571a", "#14803f", "#8a3ffc", "#b3261e", "#00798c", "#8d6a00", "#a1338a", "#525a65", "#5c7a00",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """A text of a grid: its cell's corner, where the text stands, and how strong the colour is, from 0 to 1."""

    text: str
    x: int
    y: int
    text_x: int
    anchor: str
    level: float | None = None
    incomplete: bool = False

    @property
    def text_y(self) -> int:
        return self.y + 16


@dataclass(frozen=True, slots=True)
class Poster:
    """`template` draws the block, inside of a plot of this size; `rows` are what it needs placed."""

    title: str
    caption: str
    block: Block
    template: str
    plot_height: int
    plot_width: int = WIDTH - 2 * MARGIN
    legend: tuple[tuple[Key, int], ...] = ()
    rows: tuple[Any, ...] = ()
    colors: tuple[str, ...] = COLORS

    @property
    def width(self) -> int:
        return self.plot_width + 2 * MARGIN

    @property
    def height(self) -> int:
        return HEAD + self.plot_height + MARGIN + _LEGEND * len(self.legend)


def poster_of(block: Block, owner: str) -> Poster | None:
    """The picture of a block, titled with whose numbers they are; None for what is not drawn."""
    if isinstance(block, LinesBlock | BarsBlock):
        return replace(_poster(block, owner, _PLOT), legend=_legend(block.keys, HEAD + _PLOT + MARGIN // 2))
    if isinstance(block, FlowBlock):
        return _poster(block, owner, round(block.drawing.height))
    if isinstance(block, StepsBlock):
        rows = tuple((step, place * _STEP) for place, step in enumerate(block.steps))
        return replace(_poster(block, owner, _STEP * len(rows)), rows=rows)
    if isinstance(block, GridBlock):
        return _grid(block, owner)
    return None


def _poster(block: LinesBlock | BarsBlock | FlowBlock | StepsBlock | GridBlock, owner: str, height: int) -> Poster:
    return Poster(f"{owner}: {block.label}", block.caption, block, block.poster, height)


def _legend(keys: Sequence[Key], top: int) -> tuple[tuple[Key, int], ...]:
    return tuple((key, top + place * _LEGEND) for place, key in enumerate(keys))


def _grid(block: GridBlock, owner: str) -> Poster:
    head = _line([Cell(text) for text in block.columns], 0)
    lines = [
        _line([Cell(name), Cell(size), *cells], place * _ROW)
        for place, (name, size, cells) in enumerate(block.rows, 1)
    ]
    poster = _poster(block, owner, _ROW * (len(block.rows) + 1))
    width = max(poster.plot_width, _NAME + _CELL * (len(block.columns) - 1))
    return replace(poster, plot_width=width, rows=tuple(place for line in (head, *lines) for place in line))


def _line(cells: Sequence[Cell], y: int) -> list[Place]:
    """The first cell is a name, the others are numbers."""
    found = [Place(cells[0].text, 0, y, 0, "start")]
    for number, cell in enumerate(cells[1:]):
        x = _NAME + number * _CELL
        level = None if cell.level is None else round(cell.level * 0.06, 2)
        found.append(Place(cell.text, x, y, x + _CELL - 10, "end", level, cell.incomplete))
    return found
