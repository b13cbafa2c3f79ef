"""From a spec to the result of a breakdown. No Django here."""

from analytics.kinds.base import Read
from analytics.kinds.breakdown.measure import measure, wanted
from analytics.kinds.breakdown.result import BreakdownResult
from analytics.kinds.breakdown.shape import shape
from analytics.kinds.breakdown.spec import BreakdownSpec
from analytics.kinds.frame import Frame


def answer(spec: BreakdownSpec, frame: Frame, read: Read) -> BreakdownResult:
    """The rows of the period, with the numbers of the compared one for the same rows."""
    columns = wanted(spec)
    with read(frame.current, columns) as reading:
        current = measure(spec, reading)
    if frame.previous is None:
        return shape(spec, None, current, None)
    with read(frame.previous, columns) as reading:
        return shape(spec, frame.previous.span, current, measure(spec, reading, current.groups))
