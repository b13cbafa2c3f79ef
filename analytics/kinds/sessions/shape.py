"""The result of sessions from its numbers. No Django here."""

from collections.abc import Mapping, Sequence
from itertools import zip_longest

from analytics.kinds.changes import ratio
from analytics.kinds.frame import Frame
from analytics.kinds.groups import WHOLE, Group
from analytics.kinds.sessions.measure import DEPTHS, DURATIONS, Measured
from analytics.kinds.sessions.result import Bucket, Figures, Line, SessionsResult
from analytics.store.base import Range


def shape(frame: Frame, current: Measured, previous: Measured | None) -> SessionsResult:
    def line(group: Group) -> Line:
        return Line(
            group=group or None,
            other=group is None,
            figures=current.figures.get(group, Figures()),
            points=_points(current, group, frame.current),
            previous=previous.figures.get(group, Figures()) if previous else None,
            previous_points=_points(previous, group, frame.previous) if previous and frame.previous else None,
        )

    return SessionsResult(
        interval=frame.interval,
        intervals=frame.current.intervals,
        incomplete=frame.incomplete,
        previous_span=frame.previous.span if frame.previous else None,
        whole=line(WHOLE),
        groups=tuple(map(line, current.groups)),
        durations=_buckets(DURATIONS, current.durations),
        depths=_buckets(DEPTHS, current.depths),
    )


def _points(measured: Measured, group: Group, within: Range) -> tuple[Figures, ...]:
    return tuple(measured.points.get((group, place), Figures()) for place in range(len(within.intervals)))


def _buckets(starts: Sequence[int], found: Mapping[int, int]) -> tuple[Bucket, ...]:
    whole = sum(found.values())
    return tuple(
        Bucket(start, end, found.get(place, 0), ratio(found.get(place, 0), whole))
        for place, (start, end) in enumerate(zip_longest(starts, starts[1:]))
    )
