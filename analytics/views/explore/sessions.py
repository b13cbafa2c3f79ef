"""The answer of sessions: figures, a line over time, groups, and how long and deep they are. No Django here."""

from collections.abc import Callable, Sequence
from zoneinfo import ZoneInfo

from analytics.charts import many_lines
from analytics.kinds.sessions import SessionsResult, SessionsSpec
from analytics.kinds.sessions.result import Bucket, Figures, Line
from analytics.plots.bars import stacked
from analytics.templatetags.formats import duration, number, percent
from analytics.views.explore.blocks import BarsBlock, Block, Column, FiguresBlock, Key, LinesBlock, TableBlock
from analytics.views.explore.intervals import across, labelled, names, up
from analytics.views.values import group_label

MOST_LINES = 10
_NAMES = ("Sessions", "People", "Views a session", "Mean duration", "Median duration", "Bounce rate")


def blocks(spec: SessionsSpec, result: SessionsResult, zone: ZoneInfo) -> tuple[Block, ...]:
    if not result.whole.figures.sessions:
        return ()
    figures = FiguresBlock("Figures", tuple(zip(_NAMES, _texts(result.whole.figures), strict=True)))
    groups = (_groups(spec, result.groups),) if result.groups else ()
    return (
        figures,
        _over_time(spec, result, zone),
        *groups,
        _distribution("Duration", result.durations, duration),
        _distribution("Views", result.depths, number),
    )


def _texts(figures: Figures) -> tuple[str, ...]:
    return (
        number(figures.sessions),
        number(figures.people),
        number(figures.views_per_session),
        duration(figures.duration),
        duration(figures.median_duration),
        percent(figures.bounce_rate),
    )


def _name(spec: SessionsSpec, line: Line) -> str:
    if line.other:
        return "Other"
    return "All sessions" if line.group is None else group_label(spec.breakdown, line.group)


def _over_time(spec: SessionsSpec, result: SessionsResult, zone: ZoneInfo) -> LinesBlock:
    lines = (result.groups or (result.whole,))[:MOST_LINES]
    drawing = many_lines(
        [[float(point.sessions) for point in line.points] for line in lines], incomplete=result.incomplete
    )
    rows = zip(names(result.intervals, result.interval, zone), result.whole.points, strict=True)
    columns = (Column("Interval", False), *(Column(name, True) for name in _NAMES))
    return LinesBlock(
        label="Sessions over time",
        caption=f"Sessions by {result.interval.value}." + (" Dashed: not over yet." if result.incomplete else ""),
        drawing=drawing,
        keys=tuple(
            Key(place, _name(spec, line), number(line.figures.sessions)) for place, line in enumerate(lines)
        ),
        across=across(result.intervals, result.interval, drawing.marks, zone),
        up=up(drawing.gridlines),
        table=TableBlock("The numbers", columns, tuple((name, *_texts(point)) for name, point in rows)),
    )


def _groups(spec: SessionsSpec, groups: Sequence[Line]) -> TableBlock:
    columns = (Column("Group", False), *(Column(name, True) for name in _NAMES))
    return TableBlock("Groups", columns, tuple((_name(spec, line), *_texts(line.figures)) for line in groups))


def _distribution(label: str, buckets: Sequence[Bucket], written: Callable[[float], str]) -> BarsBlock:
    drawing = stacked([[float(bucket.sessions) for bucket in buckets]])
    called = [_range(bucket, written) for bucket in buckets]
    columns = (Column(label, False), Column("Sessions", True), Column("Share", True))
    return BarsBlock(
        label=f"Sessions by {label.lower()}",
        caption=f"Sessions by {label.lower()}.",
        drawing=drawing,
        keys=(Key(0, "Sessions", number(sum(bucket.sessions for bucket in buckets))),),
        across=labelled(drawing.marks, lambda place: written(buckets[place].start)),
        up=up(drawing.gridlines),
        table=TableBlock(
            label,
            columns,
            tuple(
                (name, number(bucket.sessions), percent(bucket.share))
                for name, bucket in zip(called, buckets, strict=True)
            ),
        ),
    )


def _range(bucket: Bucket, written: Callable[[float], str]) -> str:
    start = written(bucket.start)
    if bucket.end is None:
        return f"{start} and more"
    return start if bucket.end == bucket.start + 1 else f"{start} to {written(bucket.end)}"
