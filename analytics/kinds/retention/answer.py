"""From a spec to the result of retention. No Django here."""

from analytics.kinds.base import Read
from analytics.kinds.frame import Frame
from analytics.kinds.retention.measure import measure, wanted
from analytics.kinds.retention.result import RetentionResult
from analytics.kinds.retention.shape import shape
from analytics.kinds.retention.spec import RetentionSpec
from analytics.kinds.retention.timeline import Timeline


def answer(spec: RetentionSpec, frame: Frame, read: Read) -> RetentionResult:
    timeline = Timeline(spec, frame)
    with read(timeline.read, wanted(spec)) as reading:
        return shape(timeline, measure(spec, timeline, reading))
