"""From a spec to the result of revenue. No Django here."""

from analytics.kinds.base import Read
from analytics.kinds.frame import Frame
from analytics.kinds.revenue.amounts import wanted
from analytics.kinds.revenue.measure import measure
from analytics.kinds.revenue.result import RevenueResult
from analytics.kinds.revenue.shape import shape
from analytics.kinds.revenue.spec import RevenueSpec


def answer(spec: RevenueSpec, frame: Frame, read: Read) -> RevenueResult:
    """The money of both ranges; currencies and groups are those of the current one."""
    columns = wanted(spec)
    with read(frame.current, columns) as reading:
        current = measure(spec, reading)
    if frame.previous is None:
        return shape(spec, frame, current, None)
    with read(frame.previous, columns) as reading:
        return shape(spec, frame, current, measure(spec, reading, like=current))
