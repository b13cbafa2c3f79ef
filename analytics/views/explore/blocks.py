"""What an answer is shown as: figures, lines, tables; each with the template that draws it. No Django here."""

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from types import NoneType
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from analytics.charts import ManyLines
from analytics.periods import Span
from analytics.plots.bars import Bars
from analytics.plots.sankey import Ribbon, Sankey
from analytics.templatetags.formats import ABSENT, day, number
from analytics.views.explore.form import words


@dataclass(frozen=True, slots=True)
class Column:
    label: str
    is_number: bool


@dataclass(frozen=True, slots=True)
class TableBlock:
    """Rows of texts; `cut` says how many more there are. `widths` are of bars behind the first cells, if any."""

    template: ClassVar[str] = "analytics/explore/blocks/table.html"
    label: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    cut: int = 0
    widths: tuple[str, ...] = ()

    @property
    def lines(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Each row with the width of its bar, empty where there is none."""
        widths = self.widths or ("",) * len(self.rows)
        return tuple(zip(widths, self.rows, strict=True))


@dataclass(frozen=True, slots=True)
class FiguresBlock:
    """A few numbers, each with its name."""

    template: ClassVar[str] = "analytics/explore/blocks/figures.html"
    label: str
    figures: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Key:
    """One line of a plot in its legend: its number chooses the colour."""

    number: int
    label: str
    total: str


@dataclass(frozen=True, slots=True)
class LinesBlock:
    """Several lines over the intervals; `across` are the labels below, `table` has the same numbers."""

    template: ClassVar[str] = "analytics/explore/blocks/lines.html"
    label: str
    caption: str
    drawing: ManyLines
    keys: tuple[Key, ...]
    across: tuple[tuple[str, str, str], ...]
    up: tuple[tuple[str, float], ...]
    table: TableBlock


@dataclass(frozen=True, slots=True)
class BarsBlock:
    """Stacked bars over steps; what is negative hangs below zero. `across` and `up` as in lines."""

    template: ClassVar[str] = "analytics/explore/blocks/bars.html"
    label: str
    caption: str
    drawing: Bars
    keys: tuple[Key, ...]
    across: tuple[tuple[str, str, str], ...]
    up: tuple[tuple[str, float], ...]
    table: TableBlock


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a funnel: widths are percentages; `note` says what was lost and how long it took."""

    label: str
    count: str
    width: str
    share: str
    note: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class StepsBlock:
    template: ClassVar[str] = "analytics/explore/blocks/steps.html"
    label: str
    caption: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a grid; `level` (0 to 10) is how strong its colour is, None where there is nothing."""

    text: str
    title: str = ""
    level: int | None = None
    incomplete: bool = False


@dataclass(frozen=True, slots=True)
class GridBlock:
    """Rows of coloured cells, such as cohorts by interval."""

    template: ClassVar[str] = "analytics/explore/blocks/grid.html"
    label: str
    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, str, tuple[Cell, ...]], ...]


@dataclass(frozen=True, slots=True)
class NodeLabel:
    """What a node of a flow is called, and where."""

    text: str
    count: str
    x: str
    y: float


@dataclass(frozen=True, slots=True)
class FlowBlock:
    template: ClassVar[str] = "analytics/explore/blocks/flow.html"
    label: str
    caption: str
    drawing: Sankey
    labels: tuple[NodeLabel, ...]
    titles: tuple[str, ...]
    table: TableBlock

    @property
    def ribbons(self) -> tuple[tuple[Ribbon, str], ...]:
        return tuple(zip(self.drawing.ribbons, self.titles, strict=True))


Block = TableBlock | FiguresBlock | LinesBlock | BarsBlock | StepsBlock | GridBlock | FlowBlock
MOST_ROWS = 200


def blocks_of(result: Any, zone: ZoneInfo) -> tuple[Block, ...]:
    """A result without a plot of its own: its numbers as figures, each of its lists as a table."""
    figures: list[tuple[str, str]] = []
    blocks: list[Block] = []
    for item in dataclasses.fields(result):
        value = getattr(result, item.name)
        if isinstance(value, tuple | list) and value and dataclasses.is_dataclass(value[0]):
            blocks.append(table_of(words(item.name), value, zone))
        elif isinstance(value, int | float) and not isinstance(value, bool):
            figures.append((words(item.name), number(value)))
    own: tuple[Block, ...] = (FiguresBlock("Figures", tuple(figures)),) if figures else ()
    return (*own, *blocks)


def table_of(label: str, rows: Sequence[Any], zone: ZoneInfo) -> TableBlock:
    """A table of dataclasses of one type, a column for each field."""
    names = [item.name for item in dataclasses.fields(rows[0])]
    columns = tuple(Column(words(name), _is_number(getattr(rows[0], name))) for name in names)
    shown = rows[:MOST_ROWS]
    texts = tuple(tuple(cell(getattr(row, name), zone) for name in names) for row in shown)
    return TableBlock(label, columns, texts, len(rows) - len(shown))


def cell(value: Any, zone: ZoneInfo) -> str:
    """A value as a table shows it; times in the project's zone."""
    if isinstance(value, tuple | list):
        return ", ".join(cell(one, zone) for one in value)
    value = value.start if isinstance(value, Span) else value
    for kind, written in _WRITTEN:
        if isinstance(value, kind):
            return written(value.astimezone(zone) if isinstance(value, datetime) else value)
    return str(value)


# The first that fits: true is also a number, and a moment also a day.
_WRITTEN: tuple[tuple[Any, Callable[[Any], str]], ...] = (
    (NoneType, lambda _: ABSENT),
    (bool, lambda value: "yes" if value else "no"),
    (Enum, lambda value: str(value.value)),
    (int | float, number),
    (datetime, lambda value: f"{value:%Y-%m-%d %H:%M}"),
    (date, day),
)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
