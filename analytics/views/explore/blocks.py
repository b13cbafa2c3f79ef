"""What an answer is shown as: figures, lines, tables; each with the template that draws it. No Django here.

`poster` is the template of the drawing alone, for a file; empty where there is none.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from analytics.charts import ManyLines
from analytics.plots.bars import Bars
from analytics.plots.sankey import Ribbon, Sankey

# Under a plot: text, place, anchor, and whether it gives way where the plot is narrow.
Label = tuple[str, str, str, bool]


@dataclass(frozen=True, slots=True)
class Column:
    label: str
    is_number: bool


@dataclass(frozen=True, slots=True)
class TableBlock:
    """Rows of texts; `cut` says how many more there are, `links` where: text and address of each.

    `widths` are of bars behind the first cells, `hrefs` where the cells of the column `linked` lead: one a row.
    """

    template: ClassVar[str] = "analytics/explore/blocks/table.html"
    poster: ClassVar[str] = ""
    label: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    cut: int = 0
    widths: tuple[str, ...] = ()
    hrefs: tuple[str, ...] = ()
    linked: int = 0
    links: tuple[tuple[str, str], ...] = ()

    @property
    def lines(self) -> Iterator[tuple[str, list[tuple[str, Column, str]]]]:
        """Each row: its bar's width, and each cell's text, column and address; empty where there is none."""
        nothing = ("",) * len(self.rows)
        for width, href, row in zip(self.widths or nothing, self.hrefs or nothing, self.rows, strict=True):
            pairs = enumerate(zip(row, self.columns, strict=True))
            yield width, [(text, column, href if place == self.linked else "") for place, (text, column) in pairs]


@dataclass(frozen=True, slots=True)
class NamesBlock:
    """Names, each with the address of its page; `links` as in tables."""

    template: ClassVar[str] = "analytics/explore/blocks/names.html"
    poster: ClassVar[str] = ""
    label: str
    names: tuple[tuple[str, str], ...]
    links: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class FiguresBlock:
    """A few numbers, each with its name."""

    template: ClassVar[str] = "analytics/explore/blocks/figures.html"
    poster: ClassVar[str] = ""
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
    poster: ClassVar[str] = "analytics/explore/drawings/lines.html"
    label: str
    caption: str
    drawing: ManyLines
    keys: tuple[Key, ...]
    across: tuple[Label, ...]
    up: tuple[tuple[str, float], ...]
    table: TableBlock


@dataclass(frozen=True, slots=True)
class BarsBlock:
    """Stacked bars over steps; what is negative hangs below zero. `across` and `up` as in lines."""

    template: ClassVar[str] = "analytics/explore/blocks/bars.html"
    poster: ClassVar[str] = "analytics/explore/drawings/bars.html"
    label: str
    caption: str
    drawing: Bars
    keys: tuple[Key, ...]
    across: tuple[Label, ...]
    up: tuple[tuple[str, float], ...]
    table: TableBlock


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a funnel: widths are percentages; `note` says what was lost and how long it took.

    `people` are links to who got here and who did not: text and address of each.
    """

    label: str
    count: str
    width: str
    share: str
    note: str
    people: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class StepsBlock:
    template: ClassVar[str] = "analytics/explore/blocks/steps.html"
    poster: ClassVar[str] = "analytics/explore/drawings/steps.svg"
    label: str
    caption: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a grid; `level` (0 to 10) is how strong its colour is, None where there is nothing.

    `title` says more of what is behind `href`, if anything is.
    """

    text: str
    title: str = ""
    href: str = ""
    level: int | None = None
    incomplete: bool = False


@dataclass(frozen=True, slots=True)
class GridBlock:
    """Rows of coloured cells, such as cohorts by interval."""

    template: ClassVar[str] = "analytics/explore/blocks/grid.html"
    poster: ClassVar[str] = "analytics/explore/drawings/grid.svg"
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
    poster: ClassVar[str] = "analytics/explore/drawings/flow.html"
    label: str
    caption: str
    drawing: Sankey
    labels: tuple[NodeLabel, ...]
    titles: tuple[str, ...]
    table: TableBlock

    @property
    def ribbons(self) -> tuple[tuple[Ribbon, str], ...]:
        return tuple(zip(self.drawing.ribbons, self.titles, strict=True))


Block = TableBlock | NamesBlock | FiguresBlock | LinesBlock | BarsBlock | StepsBlock | GridBlock | FlowBlock
