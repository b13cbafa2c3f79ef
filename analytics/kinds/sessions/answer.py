"""From a spec to the result of sessions. No Django here."""

from analytics.kinds.base import Read
from analytics.kinds.frame import Frame
from analytics.kinds.sessions.counted import wanted
from analytics.kinds.sessions.measure import measure
from analytics.kinds.sessions.result import SessionsResult
from analytics.kinds.sessions.shape import shape
from analytics.kinds.sessions.spec import SessionsSpec


def answer(spec: SessionsSpec, frame: Frame, read: Read) -> SessionsResult:
    """The sessions of both ranges; the groups are those of the current one."""
    columns = wanted(spec)
    with read(frame.current, columns) as reading:
        current = measure(spec, reading)
    if frame.previous is None:
        return shape(frame, current, None)
    with read(frame.previous, columns) as reading:
        return shape(frame, current, measure(spec, reading, like=current.groups))
