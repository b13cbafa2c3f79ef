"""From a spec to the result of lifecycle. No Django here."""

from datetime import datetime

from analytics.kinds.activity import active_in, wanted_for
from analytics.kinds.base import Read
from analytics.kinds.frame import Frame
from analytics.kinds.lifecycle.measure import Counted, counted
from analytics.kinds.lifecycle.result import LifecycleResult, Point
from analytics.kinds.lifecycle.spec import LifecycleSpec
from analytics.periods import Span
from analytics.store.base import EPOCH, Range

# The place of the period's first interval: what was long ago is one, and the interval before it is one.
_FIRST = 2


def reach(_: LifecycleSpec, frame: Frame) -> Span:
    """From the first event on, since it decides who is new."""
    return Span(EPOCH, frame.current.span.end)


def answer(spec: LifecycleSpec, frame: Frame, read: Read) -> LifecycleResult:
    intervals = (Span(EPOCH, frame.before.start), frame.before, *frame.current.intervals)
    with read(Range(reach(spec, frame), intervals), wanted_for(spec.event, spec.filters)) as reading:
        found = counted(reading, active_in(reading, spec.event, spec.filters))
    nobody = Counted(0, 0, 0)
    return LifecycleResult(
        interval=frame.interval,
        intervals=frame.current.intervals,
        incomplete=frame.incomplete,
        points=tuple(
            _point(item.start, found.get(place, nobody), found.get(place - 1, nobody))
            for place, item in enumerate(frame.current.intervals, _FIRST)
        ),
    )


def _point(start: datetime, own: Counted, before: Counted) -> Point:
    resurrecting = own.active - own.new - own.returning
    return Point(start, own.new, own.returning, resurrecting, own.returning - before.active)
