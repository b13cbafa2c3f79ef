"""The result of an overview from its numbers. No Django here."""

from itertools import zip_longest

from analytics.kinds.changes import change
from analytics.kinds.frame import Frame
from analytics.kinds.overview.measure import COLUMNS, Measured, Ranking
from analytics.kinds.overview.result import Chart, Figure, OverviewResult, Point, Row, Table
from analytics.kinds.overview.spec import TABLE_FIELDS, Metric, OverviewSpec, Panel

# Without sessions there is no rate and no mean; of the others, nothing is zero.
EMPTY_OF_NOTHING = {Metric.BOUNCE_RATE, Metric.DURATION}


def shape(spec: OverviewSpec, frame: Frame, current: Measured, previous: Measured | None) -> OverviewResult:
    figures = tuple(_figure(metric, current, previous) for metric in Metric)
    return OverviewResult(
        figures=figures if Panel.FIGURES in spec.panels else None,
        chart=_chart(spec, frame, current, previous) if Panel.CHART in spec.panels else None,
        tables=tuple(
            _table(panel, ranking, current.figures[COLUMNS[panel][0]]) for panel, ranking in current.tables.items()
        ),
    )


def _figure(metric: Metric, current: Measured, previous: Measured | None) -> Figure:
    before = previous.figures[metric] if previous else None
    return Figure(metric, current.figures[metric], before, change(current.figures[metric], before))


def _chart(spec: OverviewSpec, frame: Frame, current: Measured, previous: Measured | None) -> Chart:
    nothing = None if spec.metric in EMPTY_OF_NOTHING else 0.0
    before: list[float | None] = []
    if previous and frame.previous:
        before = [previous.chart.get(place, nothing) for place in range(len(frame.previous.intervals))]
    points = tuple(
        Point(item.start, item.end, current.chart.get(place, nothing), earlier, frame.is_incomplete(item))
        for place, (item, earlier) in enumerate(zip_longest(frame.current.intervals, before))
        if item is not None
    )
    return Chart(spec.metric, frame.interval, points, frame.previous.span if frame.previous else None)


def _table(panel: Panel, ranking: Ranking, whole: float | None) -> Table:
    rows = tuple(
        Row(value, (first, second), first / whole if whole else 0.0) for value, first, second in ranking.rows
    )
    return Table(panel, TABLE_FIELDS[panel], COLUMNS[panel], rows, ranking.total_rows)
