"""The answer of trends as lines, a legend and a table. No Django here."""

from zoneinfo import ZoneInfo

from analytics.charts import many_lines
from analytics.kinds.trends import Line, TrendsResult, TrendsSpec, names_of
from analytics.templatetags.formats import number
from analytics.views.explore.blocks import Block, Column, Key, LinesBlock, TableBlock
from analytics.views.explore.intervals import across, names, up
from analytics.views.values import group_label

# As many lines as can be told apart; the table has them all.
MOST_LINES = 10


def blocks(spec: TrendsSpec, result: TrendsResult, zone: ZoneInfo) -> tuple[Block, ...]:
    """The lines with their numbers, and the totals where there are several or a comparison; nothing of nothing."""
    if not any(line.total or line.previous_total or any(line.values) for line in result.lines):
        return ()
    shown = result.lines[:MOST_LINES]
    drawing = many_lines([line.values for line in shown], incomplete=result.incomplete)
    columns = (
        Column(result.interval.value.capitalize(), False),
        *(Column(_name(spec, line), True) for line in shown),
    )
    called = names(result.intervals, result.interval, zone)
    rows = [(name, *(number(line.values[place]) for line in shown)) for place, name in enumerate(called)]
    totals = ("Whole period", *(number(line.total) for line in shown))
    lines = LinesBlock(
        label="Over time",
        caption=_caption(result, len(shown)),
        drawing=drawing,
        keys=tuple(Key(place, _name(spec, line), number(line.total)) for place, line in enumerate(shown)),
        across=across(result.intervals, result.interval, drawing.marks, zone),
        up=up(drawing.gridlines),
        table=TableBlock("The numbers", columns, (totals, *rows)),
    )
    return (lines, _totals(spec, result)) if len(result.lines) > 1 or result.previous_span else (lines,)


def _caption(result: TrendsResult, shown: int) -> str:
    words = f"By {result.interval.value}."
    if shown < len(result.lines):
        words += f" The first {shown} of {len(result.lines)} lines; the table has all."
    if result.incomplete:
        words += " Dashed: not over yet."
    return words


def _totals(spec: TrendsSpec, result: TrendsResult) -> TableBlock:
    compared = result.previous_span is not None
    columns = (
        Column("Line", False),
        Column("Whole period", True),
        *((Column("Before", True),) if compared else ()),
    )
    rows = (
        (_name(spec, line), number(line.total), *((number(line.previous_total),) if compared else ()))
        for line in result.lines
    )
    return TableBlock("Totals", columns, tuple(rows))


def _name(spec: TrendsSpec, line: Line) -> str:
    """A line's name; that of a group says of which series, where there are several."""
    called = names_of(spec)
    label = line.label if line.group is None else group_label(spec.breakdown, line.group)
    if len(called) == 1 or (line.group is None and not line.other):
        return label
    return f"{called[line.series]}: {label}"
