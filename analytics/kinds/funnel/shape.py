"""The result of a funnel from its numbers. No Django here."""

from analytics.kinds.frame import Frame
from analytics.kinds.funnel.measure import FunnelMeasured, GroupMeasured
from analytics.kinds.funnel.result import Duration, FunnelLine, FunnelResult, StepNumbers
from analytics.kinds.funnel.spec import FunnelSpec

ALL = {"people": "All people", "sessions": "All sessions"}
OTHER = "Other"
SECOND = 1_000_000


def shape(spec: FunnelSpec, frame: Frame, measured: FunnelMeasured) -> FunnelResult:
    groups = (
        _line(spec, frame, OTHER if group is None else group or "(none)", group, own, is_other=group is None)
        for group, own in measured.groups.items()
    )
    return FunnelResult(
        interval=frame.interval,
        intervals=frame.current.intervals,
        incomplete=frame.incomplete,
        lines=(_line(spec, frame, ALL[spec.count], None, measured.whole), *groups),
        people=measured.people,
    )


def _line(
    spec: FunnelSpec,
    frame: Frame,
    label: str,
    group: str | None,
    measured: GroupMeasured,
    *,
    is_other: bool = False,
) -> FunnelLine:
    last = len(spec.steps)
    by_step = [sum(n for (_, level), n in measured.counts.items() if level >= step) for step in range(1, last + 1)]
    began = [0] * len(frame.current.intervals)
    converted = began.copy()
    for (interval, level), count in measured.counts.items():
        began[interval] += count
        converted[interval] += count if level == last else 0
    steps = tuple(_step(spec, measured, by_step, place) for place in range(last))
    return FunnelLine(label, group, is_other, steps, tuple(began), tuple(converted))


def _step(spec: FunnelSpec, measured: GroupMeasured, by_step: list[int], place: int) -> StepNumbers:
    step, times = spec.steps[place], measured.times.get(place + 1)
    before = by_step[place - 1] if place else by_step[0]
    return StepNumbers(
        label=step.label or step.event or "Any event",
        count=by_step[place],
        from_first=by_step[place] / by_step[0] if by_step[0] else None,
        from_previous=by_step[place] / before if before else None,
        time_from_first=_seconds(times.from_first if times else None),
        time_from_previous=_seconds(times.from_previous if times else None),
    )


def _seconds(times: tuple[float, float] | None) -> Duration:
    return Duration(float(times[0]) / SECOND, float(times[1]) / SECOND) if times else Duration(None, None)
