"""What a question of sessions answers. No Django here."""

from dataclasses import dataclass

from analytics.periods import Interval, Span


@dataclass(frozen=True, slots=True)
class Figures:
    """The numbers of some sessions: durations in seconds, the rate a fraction; None where there is no session."""

    sessions: int = 0
    people: int = 0
    views_per_session: float | None = None
    duration: float | None = None
    median_duration: float | None = None
    bounce_rate: float | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A group's figures: over all, and of each interval; `other` is true for the rest.

    `group` has a value for each breakdown field (an absent one is empty); None for the rest and for all sessions.
    """

    group: tuple[str, ...] | None
    other: bool
    figures: Figures
    points: tuple[Figures, ...]
    previous: Figures | None
    previous_points: tuple[Figures, ...] | None


@dataclass(frozen=True, slots=True)
class Bucket:
    """How many sessions have a duration (in seconds) or a number of views from `start` up to before `end`."""

    start: int
    end: int | None
    sessions: int
    share: float | None


@dataclass(frozen=True, slots=True)
class SessionsResult:
    """Lines over `intervals`, of which the last `incomplete` are not over; `whole` has all sessions."""

    interval: Interval
    intervals: tuple[Span, ...]
    incomplete: int
    previous_span: Span | None
    whole: Line
    groups: tuple[Line, ...]
    durations: tuple[Bucket, ...]
    depths: tuple[Bucket, ...]
