"""The answer of retention as a grid of cohorts, and the mean as a line. No Django here."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from analytics.charts import many_lines
from analytics.kinds.retention import RetentionResult, RetentionSpec
from analytics.kinds.retention.result import Cell as Numbers
from analytics.kinds.retention.result import RetentionLine
from analytics.kinds.retention.spec import RetentionPeople
from analytics.periods import Interval
from analytics.templatetags.formats import number, percent, short_number
from analytics.views.explore.blocks import Block, Cell, Column, GridBlock, Key, LinesBlock, NamesBlock, TableBlock
from analytics.views.explore.intervals import labelled
from analytics.views.explore.links import Links
from analytics.views.explore.lists import named, offset_pages
from analytics.views.values import value_label

MOST_LINES = 10
_IN = {Interval.DAY: "on", Interval.WEEK: "in the week of", Interval.MONTH: "in"}


def blocks(spec: RetentionSpec, result: RetentionResult, zone: ZoneInfo, links: Links) -> tuple[Block, ...]:
    whole = result.lines[0]
    if not whole.size:
        return ()
    people = () if result.people is None else (_people(spec, result, result.people, zone, links),)
    return (*people, _mean(spec, result), _grid(spec, result, zone, links))


def _grid(spec: RetentionSpec, result: RetentionResult, zone: ZoneInfo, links: Links) -> GridBlock:
    line = result.lines[0]
    unit = result.interval.value
    width = max(len(cohort.cells) for cohort in line.cohorts)
    rows = tuple(
        (
            _named(cohort.start.astimezone(zone), result.interval),
            number(cohort.size),
            tuple(
                _cell(cell, f"{links.question(spec, {'people': {'cohort': place, 'cell': at}})}#answer")
                for at, cell in enumerate(cohort.cells)
            )
            + (Cell(""),) * (width - len(cohort.cells)),
        )
        for place, cohort in enumerate(line.cohorts)
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


def _cell(cell: Numbers, href: str) -> Cell:
    """Its people are a click away, where there are any."""
    title = f"{number(cell.people)} people" + (", not over yet" if cell.incomplete else "")
    return Cell(
        percent(cell.share), title, href if cell.people else "", _level(cell.share), incomplete=cell.incomplete
    )


def _mean_cell(share: float | None) -> Cell:
    return Cell(percent(share), level=_level(share))


def _level(share: float | None) -> int | None:
    return None if share is None else min(10, round(share * 10))


def _mean(spec: RetentionSpec, result: RetentionResult) -> LinesBlock:
    unit = result.interval.value
    lines = (result.lines[1:] or result.lines)[:MOST_LINES]
    shares = [[None if share is None else share * 100 for share in line.mean] for line in lines]
    drawing = many_lines(shares)
    places = range(max(len(line.mean) for line in lines))
    columns = (Column(unit.capitalize(), False), *(Column(_called(spec, line), True) for line in lines))
    rows = tuple((str(place), *(percent(_at(line.mean, place)) for line in lines)) for place in places)
    return LinesBlock(
        label="Mean retention",
        caption=f"The mean over the cohorts, weighted by their size, {unit}s after the start.",
        drawing=drawing,
        keys=tuple(
            Key(place, _called(spec, line), f"{number(line.size)} in cohorts") for place, line in enumerate(lines)
        ),
        across=labelled(drawing.marks, str),
        up=tuple((f"{short_number(line.value)}%", line.y) for line in drawing.gridlines),
        table=TableBlock("The numbers", columns, rows),
    )


def _called(spec: RetentionSpec, line: RetentionLine) -> str:
    if line.group is None or spec.breakdown is None:
        return line.label or "All"
    return value_label(spec.breakdown, line.group)


def _at(mean: Sequence[float | None], place: int) -> float | None:
    return mean[place] if place < len(mean) else None


def _people(
    spec: RetentionSpec, result: RetentionResult, names: Sequence[str], zone: ZoneInfo, links: Links
) -> NamesBlock:
    asked = spec.people or RetentionPeople(cohort=0, cell=0)
    unit = result.interval.value
    cohorts = result.lines[0].cohorts
    start = cohorts[asked.cohort].start.astimezone(zone) if asked.cohort < len(cohorts) else None
    of = f" of those who started {_IN[result.interval]} {_named(start, result.interval)}" if start else ""
    did = "came back" if asked.which == "returned" else "did not come back"
    other = ("Who did not", "lost") if asked.which == "returned" else ("Who came back", "returned")
    pages = offset_pages(spec, asked, len(names), links, other)
    return named(f"Who {did} in {unit} {asked.cell}{of}", names, spec.by, links, pages)
