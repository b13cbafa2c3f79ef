"""The calls of a job on one line of time, ready to be drawn."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from inference.models import Call, Job

# Percent of the width: what took no time is seen as well.
_LEAST = 0.4
_ROW = 26  # pixels


@dataclass(frozen=True, slots=True)
class Line:
    """One call; offsets in seconds from the job's creation. Places are in percent, from the top in pixels."""

    call: Call
    number: int
    starts: float
    first_token: float | None
    took: float
    left: str
    width: str
    written_left: str
    written_width: str
    top: int


@dataclass(frozen=True, slots=True)
class Timeline:
    """`waited` is how long the job stood in line, in seconds; `waited_width` the same in percent."""

    lines: Sequence[Line]
    seconds: float
    waited: float
    waited_width: str
    height: int


def timeline(job: Job) -> Timeline | None:
    """None before its first call has ended."""
    calls = list(job.calls.select_related("credential"))
    if not calls:
        return None
    ends = [call.finished_at for call in calls]
    whole = max(_seconds(job.created_at, max([*ends, job.finished_at or ends[0]])), 0.001)
    waited = _seconds(job.created_at, min(call.started_at for call in calls))
    lines = [_line(job, call, place, whole) for place, call in enumerate(calls)]
    return Timeline(lines, whole, waited, _percent(waited, whole), _ROW * (len(lines) + 1))


def _line(job: Job, call: Call, place: int, whole: float) -> Line:
    starts, ends = _seconds(job.created_at, call.started_at), _seconds(job.created_at, call.finished_at)
    first = _seconds(job.created_at, call.first_token_at) if call.first_token_at else None
    began = ends if first is None else first
    return Line(
        call=call,
        number=place + 1,
        starts=starts,
        first_token=None if first is None else first - starts,
        took=ends - starts,
        left=_percent(starts, whole),
        width=_percent(max(ends - starts, whole * _LEAST / 100), whole),
        written_left=_percent(began, whole),
        written_width=_percent(ends - began, whole),
        top=_ROW * (place + 1),
    )


def _seconds(start: datetime, end: datetime) -> float:
    return max(0.0, (end - start).total_seconds())


def _percent(part: float, whole: float) -> str:
    return f"{100 * part / whole:.2f}%"
