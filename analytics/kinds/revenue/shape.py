"""The result of revenue from its numbers. No Django here."""

from analytics.kinds.frame import Frame
from analytics.kinds.groups import WHOLE
from analytics.kinds.revenue.measure import Key, Measured
from analytics.kinds.revenue.result import Line, Money, RevenueResult
from analytics.kinds.revenue.spec import RevenueSpec
from analytics.store.base import Range


def shape(spec: RevenueSpec, frame: Frame, current: Measured, previous: Measured | None) -> RevenueResult:
    keys: list[Key] = [(code, group) for code in current.currencies for group in (WHOLE, *current.groups)]
    return RevenueResult(
        interval=frame.interval,
        intervals=frame.current.intervals,
        incomplete=frame.incomplete,
        previous_span=frame.previous.span if frame.previous else None,
        decimals=spec.decimals,
        lines=tuple(_line(frame, key, current, previous) for key in keys if key in current.totals),
        unusable=current.unusable,
        more_currencies=current.more_currencies,
    )


def _line(frame: Frame, key: Key, current: Measured, previous: Measured | None) -> Line:
    currency, group = key
    return Line(
        currency=currency,
        group=group or None,
        other=group is None,
        total=current.totals[key],
        values=_values(current, key, frame.current),
        previous_total=previous.totals.get(key, Money()) if previous else None,
        previous_values=_values(previous, key, frame.previous) if previous and frame.previous else None,
    )


def _values(measured: Measured, key: Key, within: Range) -> tuple[Money, ...]:
    return tuple(measured.values.get((key, place), Money()) for place in range(len(within.intervals)))
