"""The answers of lifecycle and stickiness as bars. No Django here."""

from zoneinfo import ZoneInfo

from analytics.kinds.lifecycle import LifecycleResult, LifecycleSpec
from analytics.kinds.stickiness import StickinessResult, StickinessSpec
from analytics.plots.bars import stacked
from analytics.templatetags.formats import number
from analytics.views.explore.blocks import BarsBlock, Block, Column, FiguresBlock, Key, TableBlock
from analytics.views.explore.intervals import across, labelled, names, up

_STATES = ("new", "returning", "resurrecting", "dormant")


def lifecycle(spec: LifecycleSpec, result: LifecycleResult, zone: ZoneInfo) -> tuple[Block, ...]:  # noqa: ARG001
    """The people of each interval by what they were before; who is gone hangs below zero."""
    series = [[float(getattr(point, state)) for point in result.points] for state in _STATES]
    if not any(any(values) for values in series):
        return ()
    drawing = stacked(series)
    rows = zip(names(result.intervals, result.interval, zone), *series, strict=True)
    columns = (Column("Interval", False), *(Column(state.capitalize(), True) for state in _STATES))
    caption = f"By {result.interval.value}." + (" The last is not over yet." if result.incomplete else "")
    return (
        BarsBlock(
            label="Lifecycle",
            caption=caption,
            drawing=drawing,
            keys=tuple(Key(place, state.capitalize(), "") for place, state in enumerate(_STATES)),
            across=across(result.intervals, result.interval, drawing.marks, zone),
            up=up(drawing.gridlines),
            table=TableBlock(
                "The numbers", columns, tuple((name, *map(number, values)) for name, *values in rows)
            ),
        ),
    )


def stickiness(spec: StickinessSpec, result: StickinessResult, zone: ZoneInfo) -> tuple[Block, ...]:  # noqa: ARG001
    """How many people are active in exactly so many intervals."""
    if not result.current.people:
        return ()
    unit = result.interval.value
    drawing = stacked([list(map(float, result.current.exactly))])
    figures = (
        ("People", number(result.current.people)),
        (f"Mean number of {unit}s", number(result.current.mean)),
        *((("People before", number(result.previous.people)),) if result.previous else ()),
    )
    columns = (Column(f"Active {unit}s", False), Column("Exactly so many", True), Column("At least", True))
    counts = zip(result.current.exactly, result.current.at_least, strict=True)
    rows = tuple((str(place), number(one), number(more)) for place, (one, more) in enumerate(counts, 1))
    return (
        FiguresBlock("Figures", figures),
        BarsBlock(
            label="People by number of active intervals",
            caption=f"People who were active on exactly so many {unit}s of the period.",
            drawing=drawing,
            keys=(Key(0, "People", number(result.current.people)),),
            across=labelled(drawing.marks, lambda place: str(place + 1)),
            up=up(drawing.gridlines),
            table=TableBlock("The numbers", columns, rows),
        ),
    )
