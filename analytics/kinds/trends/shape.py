"""The result of trends from their numbers. No Django here."""

from collections.abc import Iterator, Sequence

from analytics.kinds.frame import Frame
from analytics.kinds.groups import WHOLE, Group, words_of
from analytics.kinds.trends.measure import SeriesMeasured
from analytics.kinds.trends.result import Line, TrendsResult
from analytics.kinds.trends.spec import TrendSeries, TrendsSpec, label_of


def shape(
    spec: TrendsSpec,
    frame: Frame,
    current: Sequence[SeriesMeasured],
    previous: Sequence[SeriesMeasured] | None,
) -> TrendsResult:
    lines = [
        line
        for place, measured in enumerate(current)
        for line in _lines(spec, place, frame, measured, previous[place] if previous else None)
    ]
    return TrendsResult(
        interval=frame.interval,
        intervals=frame.current.intervals,
        incomplete=frame.incomplete,
        previous_span=frame.previous.span if frame.previous else None,
        lines=tuple(lines),
    )


def _lines(
    spec: TrendsSpec, place: int, frame: Frame, current: SeriesMeasured, previous: SeriesMeasured | None
) -> Iterator[Line]:
    series = spec.series[place]
    for group in current.groups:
        before = frame.previous if previous else None
        yield Line(
            series=place,
            label=_label(series, group),
            group=group or None,
            other=group is None,
            values=_values(series, current, group, len(frame.current.intervals)),
            total=series.or_nothing(current.totals.get(group)),
            previous_values=_values(series, previous, group, len(before.intervals))
            if previous and before
            else None,
            previous_total=series.or_nothing(previous.totals.get(group)) if previous else None,
        )


def _values(series: TrendSeries, measured: SeriesMeasured, group: Group, count: int) -> tuple[float | None, ...]:
    return tuple(series.or_nothing(measured.values.get((group, place))) for place in range(count))


def _label(series: TrendSeries, group: Group) -> str:
    return label_of(series) if group == WHOLE else words_of(group)
