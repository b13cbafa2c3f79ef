"""The answer of a funnel: its steps as bars, conversion over time, groups side by side. No Django here."""

from collections.abc import Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

from analytics.charts import many_lines
from analytics.kinds.funnel import FunnelResult, FunnelSpec
from analytics.kinds.funnel.result import FunnelLine, StepNumbers
from analytics.kinds.funnel.spec import FunnelPeople
from analytics.templatetags.formats import duration, number, percent, short_number
from analytics.views.explore.blocks import Block, Column, Key, LinesBlock, NamesBlock, Step, StepsBlock, TableBlock
from analytics.views.explore.intervals import across, names
from analytics.views.explore.links import Links
from analytics.views.explore.lists import named, offset_pages
from analytics.views.values import value_label

MOST_LINES = 10


def blocks(spec: FunnelSpec, result: FunnelResult, zone: ZoneInfo, links: Links) -> tuple[Block, ...]:
    """Nothing where nobody began."""
    whole = result.lines[0]
    if not whole.steps[0].count:
        return ()
    groups = (_groups(spec, result.lines[1:]),) if len(result.lines) > 1 else ()
    people = (_people(spec, whole, result.people, links),) if result.people is not None else ()
    return (*people, _steps(spec, whole, links), *groups, _over_time(spec, result, zone))


def _steps(spec: FunnelSpec, line: FunnelLine, links: Links) -> StepsBlock:
    last = line.steps[-1]
    caption = f"{percent(last.from_first)} get from the first step to the last"
    if last.time_from_first.median is not None:
        caption += f", half of them within {duration(last.time_from_first.median)}"
    shown = tuple(
        replace(_step(step, line.steps[place - 1] if place else None), people=_who(spec, place + 1, links))
        for place, step in enumerate(line.steps)
    )
    return StepsBlock(f"Conversion of {spec.count}", f"{caption}.", shown)


def _step(step: StepNumbers, before: StepNumbers | None) -> Step:
    note = ""
    if before is not None:
        lost = before.count - step.count
        note = f"{percent(step.from_previous)} of the step before; {number(lost)} dropped"
        if step.time_from_previous.median is not None:
            took = step.time_from_previous
            note += f"; median {duration(took.median)}, mean {duration(took.mean)}"
    return Step(
        label=step.label,
        count=number(step.count),
        width=f"{(step.from_first or 0) * 100:.2f}%",
        share=percent(step.from_first),
        note=note,
    )


def _groups(spec: FunnelSpec, lines: Sequence[FunnelLine]) -> TableBlock:
    steps = [step.label for step in lines[0].steps]
    columns = (Column("Group", False), *(Column(step, True) for step in steps), Column("Conversion", True))
    rows = tuple(
        (_named(spec, line), *(number(step.count) for step in line.steps), percent(line.steps[-1].from_first))
        for line in lines
    )
    widths = tuple(f"{(line.steps[-1].from_first or 0) * 100:.1f}%" for line in lines)
    return TableBlock("By group", columns, rows, widths=widths)


def _over_time(spec: FunnelSpec, result: FunnelResult, zone: ZoneInfo) -> LinesBlock:
    lines = (result.lines[1:] or result.lines)[:MOST_LINES]
    rates = [
        [100 * done / began if began else None for began, done in zip(line.began, line.converted, strict=True)]
        for line in lines
    ]
    drawing = many_lines(rates, incomplete=result.incomplete)
    whole = result.lines[0]
    called = names(result.intervals, result.interval, zone)
    rows = tuple(
        (name, number(began), number(done), percent(done / began if began else None))
        for name, began, done in zip(called, whole.began, whole.converted, strict=True)
    )
    columns = (Column("Began in", False), *(Column(name, True) for name in ("Began", "Converted", "Rate")))
    return LinesBlock(
        label="Conversion over time",
        caption=f"Of those who began in each {result.interval.value}, the share that got to the last step.",
        drawing=drawing,
        keys=tuple(
            Key(place, _named(spec, line), percent(line.steps[-1].from_first)) for place, line in enumerate(lines)
        ),
        across=across(result.intervals, result.interval, drawing.marks, zone),
        up=tuple((f"{short_number(line.value)}%", line.y) for line in drawing.gridlines),
        table=TableBlock("The numbers", columns, rows),
    )


def _named(spec: FunnelSpec, line: FunnelLine) -> str:
    if line.group is None or spec.breakdown is None:
        return line.label or "All"
    return value_label(spec.breakdown, line.group)


def _who(spec: FunnelSpec, step: int, links: Links) -> tuple[tuple[str, str], ...]:
    """Links to who got to a step, and who did not."""
    which = ("converted", "dropped") if step > 1 else ("converted",)
    words = {"converted": "Who got here", "dropped": "Who dropped"}
    return tuple(
        (words[one], f"{links.question(spec, {'people': {'step': step, 'which': one}})}#answer") for one in which
    )


def _people(spec: FunnelSpec, line: FunnelLine, names: Sequence[str], links: Links) -> NamesBlock:
    asked = spec.people or FunnelPeople(step=1)
    called = f"step {asked.step}, “{line.steps[asked.step - 1].label}”"
    label = f"Who dropped before {called}" if asked.which == "dropped" else f"Who got to {called}"
    other = ("Who dropped", "dropped") if asked.which == "converted" else ("Who got there", "converted")
    shown = other if asked.step > 1 else ("", "")
    pages = offset_pages(spec, asked, len(names), links, shown)
    return named(label, names, spec.by, links, pages)
