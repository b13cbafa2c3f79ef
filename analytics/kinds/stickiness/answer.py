"""From a spec to the result of stickiness. No Django here."""

from collections.abc import Mapping
from itertools import accumulate

from analytics.kinds.activity import active_in, wanted_for
from analytics.kinds.base import Read
from analytics.kinds.changes import ratio
from analytics.kinds.frame import Frame
from analytics.kinds.stickiness.result import Active, StickinessResult
from analytics.kinds.stickiness.spec import StickinessSpec
from analytics.store.base import Range, Reading


def answer(spec: StickinessSpec, frame: Frame, read: Read) -> StickinessResult:
    """The people of both ranges by how many of the intervals they are active in."""
    return StickinessResult(
        interval=frame.interval,
        intervals=frame.current.intervals,
        incomplete=frame.incomplete,
        current=_active(spec, frame.current, read),
        previous=_active(spec, frame.previous, read) if frame.previous else None,
        previous_span=frame.previous.span if frame.previous else None,
    )


def _active(spec: StickinessSpec, within: Range, read: Read) -> Active:
    with read(within, wanted_for(spec.event, spec.filters)) as reading:
        found = _people_by_count(reading, spec)
    exactly = tuple(found.get(count, 0) for count in range(1, len(within.intervals) + 1))
    people = sum(exactly)
    return Active(
        exactly=exactly,
        at_least=tuple(accumulate(exactly[:-1], lambda left, gone: left - gone, initial=people))
        if exactly
        else (),
        people=people,
        mean=ratio(sum(count * number for count, number in enumerate(exactly, 1)), people),
    )


def _people_by_count(reading: Reading, spec: StickinessSpec) -> Mapping[int, int]:
    """How many people are active in so many intervals."""
    active = active_in(reading, spec.event, spec.filters)
    each = active.group_by("who").agg(intervals=active.count())
    return dict(reading.rows(each.group_by("intervals").agg(people=each.count())))
