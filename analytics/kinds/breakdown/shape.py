"""The result of a breakdown from its numbers. No Django here."""

from analytics.kinds.aggregations import ZERO_OF_NOTHING, title_of
from analytics.kinds.breakdown.measure import Measured, Numbers
from analytics.kinds.breakdown.result import BreakdownResult, Row
from analytics.kinds.breakdown.spec import BreakdownSpec
from analytics.kinds.changes import change, ratio
from analytics.kinds.groups import WHOLE, Group
from analytics.periods import Span


def shape(
    spec: BreakdownSpec, previous_span: Span | None, current: Measured, previous: Measured | None
) -> BreakdownResult:
    def row(group: Group) -> Row:
        return _row(spec, group, current, previous)

    return BreakdownResult(
        columns=tuple(map(title_of, spec.columns)),
        rows=tuple(row(group) for group in current.groups if group is not None),
        other=row(None) if None in current.groups else None,
        total=row(WHOLE),
        total_rows=current.count,
        previous_span=previous_span,
    )


def _row(spec: BreakdownSpec, group: Group, current: Measured, previous: Measured | None) -> Row:
    values = _values(spec, current, group)
    before = _values(spec, previous, group) if previous else None
    return Row(
        group=group or None,
        values=values,
        share=_share(spec, values, current),
        previous=before,
        changes=tuple(map(change, values, before)) if before else None,
    )


def _values(spec: BreakdownSpec, measured: Measured, group: Group) -> Numbers:
    numbers = measured.values.get(group, (None,) * len(spec.columns))
    return tuple(column.or_nothing(number) for column, number in zip(spec.columns, numbers, strict=True))


def _share(spec: BreakdownSpec, values: Numbers, current: Measured) -> float | None:
    if spec.columns[0].aggregation not in ZERO_OF_NOTHING:
        return None
    return ratio(values[0], current.values[WHOLE][0])
