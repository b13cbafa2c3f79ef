"""The result of trends from their numbers. No Django here."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, zip_longest

from analytics.kinds.frame import Frame
from analytics.kinds.groups import WHOLE, Group, words_of
from analytics.kinds.trends.formulas import Formula, formula_of
from analytics.kinds.trends.measure import SeriesMeasured
from analytics.kinds.trends.result import Line, TrendsResult
from analytics.kinds.trends.spec import TrendSeries, TrendsSpec, names_of

Values = tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class _Numbers:
    """Those of one line in both ranges; the previous ones are None where there is no comparison."""

    values: Values
    total: float | None
    previous_values: Values | None
    previous_total: float | None


def shape(
    spec: TrendsSpec,
    frame: Frame,
    current: Sequence[SeriesMeasured],
    previous: Sequence[SeriesMeasured] | None,
) -> TrendsResult:
    series = [
        {group: _numbers(spec, place, frame, group, pair) for group in pair[0].groups}
        for place, pair in enumerate(zip_longest(current, previous or ()))
    ]
    made = [_made(formula_of(item.formula), series) for item in spec.formulas]
    names = names_of(spec)
    return TrendsResult(
        interval=frame.interval,
        intervals=frame.current.intervals,
        incomplete=frame.incomplete,
        previous_span=frame.previous.span if frame.previous else None,
        lines=tuple(
            line
            for place, lines in enumerate([*series, *made])
            if place >= len(series) or not spec.formulas_only
            for line in _lines(place, names[place], lines)
        ),
    )


def _lines(place: int, name: str, lines: Mapping[Group, _Numbers]) -> Iterator[Line]:
    for group, numbers in lines.items():
        yield Line(
            series=place,
            label=name if group == WHOLE else words_of(group),
            group=group or None,
            other=group is None,
            values=numbers.values,
            total=numbers.total,
            previous_values=numbers.previous_values,
            previous_total=numbers.previous_total,
        )


def _numbers(
    spec: TrendsSpec, place: int, frame: Frame, group: Group, pair: tuple[SeriesMeasured, SeriesMeasured | None]
) -> _Numbers:
    series, (current, previous) = spec.series[place], pair
    before = frame.previous if previous else None
    return _Numbers(
        values=_values(spec, series, current, group, len(frame.current.intervals)),
        total=series.or_nothing(current.totals.get(group)),
        previous_values=_values(spec, series, previous, group, len(before.intervals))
        if previous and before
        else None,
        previous_total=series.or_nothing(previous.totals.get(group)) if previous else None,
    )


def _values(spec: TrendsSpec, series: TrendSeries, measured: SeriesMeasured, group: Group, count: int) -> Values:
    values = tuple(series.or_nothing(measured.values.get((group, place))) for place in range(count))
    # Only what is zero where there is nothing adds up.
    return tuple(accumulate(value or 0.0 for value in values)) if spec.cumulative else values


def _made(formula: Formula, series: Sequence[Mapping[Group, _Numbers]]) -> dict[Group, _Numbers]:
    """A formula's lines: one for each group, which all series have alike."""
    return {group: _applied(formula, [lines[group] for lines in series]) for group in series[0]}


def _applied(formula: Formula, series: Sequence[_Numbers]) -> _Numbers:
    before = [numbers.previous_values for numbers in series if numbers.previous_values is not None]
    return _Numbers(
        values=tuple(map(formula.of, zip(*(numbers.values for numbers in series), strict=True))),
        total=formula.of([numbers.total for numbers in series]),
        previous_values=tuple(map(formula.of, zip(*before, strict=True))) if before else None,
        previous_total=formula.of([numbers.previous_total for numbers in series]) if before else None,
    )
