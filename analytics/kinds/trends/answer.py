"""From a spec to the result of trends. No Django here."""

from analytics.kinds.base import Read
from analytics.kinds.frame import Frame
from analytics.kinds.trends.measure import measure, wanted
from analytics.kinds.trends.result import TrendsResult
from analytics.kinds.trends.shape import shape
from analytics.kinds.trends.spec import TrendsSpec


def answer(spec: TrendsSpec, frame: Frame, read: Read) -> TrendsResult:
    """Every series of both ranges; the groups are those of the current one."""
    columns = wanted(spec)
    with read(frame.current, columns) as reading:
        current = measure(spec, reading)
    if frame.previous is None:
        return shape(spec, frame, current, None)
    with read(frame.previous, columns) as reading:
        return shape(spec, frame, current, measure(spec, reading, like=current))
