"""The answer of retention as a grid of cohorts, and the mean as a line. No Django here."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from analytics.charts import many_lines
from analytics.kinds.retention import RetentionResult, RetentionSpec
from analytics.kinds.retention.result import Cell as Numbers
from analytics.kinds.retention.result import RetentionLine
from analytics.periods import Interval
from analytics.templatetags.formats import number, percent, short_number
from analytics.views.explore.blocks import Block, Cell, Column, GridBlock, Key, LinesBlock, TableBlock

MOST_LINES = 10


def blocks(spec: RetentionSpec, result: RetentionResult, zone: ZoneInfo) -> tuple[Block, ...]:  # noqa: ARG001
    whole = result.lines[0]
    if not whole.size:
        return ()
    people = () if result.people is None else (_people(result.people),)
    return (_mean(result), _grid(result, whole, zone), *people)


def _grid(result: RetentionResult, line: RetentionLine, zone: ZoneInfo) -> GridBlock:
    unit = result.interval.value
    width = max(len(cohort.cells) for cohort in line.cohorts)
    rows = tuple(
        (
            _named(cohort.start.astimezone(zone), result.interval),
            number(cohort.size),
            tuple(_cell(cell) for cell in cohort.cells) + (Cell(""),) * (width - len(cohort.cells)),
        )
        for cohort in line.cohorts
    )
    mean = tuple(_mean_cell(share) for share in line.mean) + (Cell(""),) * (width - len(line.mean))
    return GridBlock(
        label="Cohorts",
        caption=f"Of those who started in each {unit}, the share that came back so many {unit}s later. "
        "Cells in italics are not over yet and are left out of the mean.",
        columns=(unit.capitalize(), "People", *(f"{unit.capitalize()} {place}" for place in range(width))),
        rows=(("Mean", number(line.size), mean[:width]), *rows),
    )


def _named(start: datetime, interval: Interval) -> str:
    """A week or day by its first day: the heading says which of them it is."""
    return f"{start:%B %Y}" if interval is Interval.MONTH else f"{start.day} {start:%b %Y}"


def _cell(cell: Numbers) -> Cell:
    title = f"{number(cell.people)} people" + (", not over yet" if cell.incomplete else "")
    return Cell(percent(cell.share), title, _level(cell.share), cell.incomplete)


def _mean_cell(share: float | None) -> Cell:
    return Cell(percent(share), "", _level(share))


def _level(share: float | None) -> int | None:
    return None if share is None else min(10, round(share * 10))


def _mean(result: RetentionResult) -> LinesBlock:
    unit = result.interval.value
    lines = (result.lines[1:] or result.lines)[:MOST_LINES]
    shares = [[None if share is None else share * 100 for share in line.mean] for line in lines]
    drawing = many_lines(shares)
    places = range(max(len(line.mean) for line in lines))
    columns = (Column(unit.capitalize(), False), *(Column(line.label or "All", True) for line in lines))
    rows = tuple((str(place), *(percent(_at(line.mean, place)) for line in lines)) for place in places)
    return LinesBlock(
        label="Mean retention",
        caption=f"The mean over the cohorts, weighted by their size, {unit}s after the start.",
        drawing=drawing,
        keys=tuple(Key(place, line.label or "All", number(line.size)) for place, line in enumerate(lines)),
        across=tuple((str(mark.index), mark.x, mark.anchor) for mark in drawing.marks),
        up=tuple((f"{short_number(line.value)}%", line.y) for line in drawing.gridlines),
        table=TableBlock("The numbers", columns, rows),
    )


def _at(mean: Sequence[float | None], place: int) -> float | None:
    return mean[place] if place < len(mean) else None


def _people(people: Sequence[str]) -> TableBlock:
    return TableBlock("People", (Column("Person", False),), tuple((name,) for name in people))
