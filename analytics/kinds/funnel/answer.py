"""From a spec to the result of a funnel. No Django here."""

from analytics.kinds.base import Read
from analytics.kinds.frame import Frame
from analytics.kinds.funnel.measure import measure
from analytics.kinds.funnel.result import FunnelResult
from analytics.kinds.funnel.rows import wanted
from analytics.kinds.funnel.shape import shape
from analytics.kinds.funnel.spec import FunnelSpec


def answer(spec: FunnelSpec, frame: Frame, read: Read) -> FunnelResult:
    with read(frame.current, wanted(spec)) as reading:
        return shape(spec, frame, measure(spec, reading, frame.current.intervals))
