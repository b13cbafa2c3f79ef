"""What may be asked of sessions. No Django here."""

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field, field_validator

from analytics.fields import SESSION_FIELDS, FieldName, cohort_of
from analytics.kinds.base import Spec
from analytics.kinds.filters import Filters
from analytics.periods import Compare, Interval

DEFINITION = (
    "Sessions are formed from all of a person's events inside the period: a gap of more than 30 minutes or a "
    "length of more than 24 hours begins a new one, and so does the period's edge. Under filters, those "
    "sessions count, as a whole, of which one event passes all of them; an event has the fields of its session. "
    "A session belongs to the interval in which it starts. Views per session are the sessions' page and screen "
    "events divided by the sessions. A bounce is a session with at most one view and no custom event; bounce "
    "rate is bounces divided by sessions, and under a filter on nothing but the path, bounces and sessions are "
    "those that enter on a path that passes. Duration is the time from a session's first to its last event, a "
    "bounce counting 0: its mean, and its median, between the two middle ones where there are two. People are "
    "distinct. With a breakdown, the groups with the most sessions are shown, and all others together as Other. "
    "A bucket has the sessions from its start up to, but without, its end."
)


def _of_sessions(field: str) -> str:
    if field not in SESSION_FIELDS and cohort_of(field) is None:
        raise ValueError(f"Not a field of sessions; one of {', '.join(SESSION_FIELDS)}, or cohort.<id>.")
    return field


class SessionsSpec(Spec):
    """The sessions of a period, by interval and by what they have one of."""

    definition: ClassVar[str] = DEFINITION

    kind: Literal["sessions"] = "sessions"
    compare: Compare = Field(default=Compare.NONE, description="The period whose numbers stand beside these.")
    interval: Interval = Interval.AUTO
    filters: Filters = Field(default=(), max_length=50, description="Which sessions count.")
    breakdown: tuple[Annotated[FieldName, AfterValidator(_of_sessions)], ...] = Field(
        default=(), max_length=2, description="Fields of sessions, whose values are the groups."
    )
    limit: int = Field(default=10, ge=1, le=100, description="Groups of a breakdown, before Other.")

    @field_validator("breakdown")
    @classmethod
    def _each_once(cls, fields: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(fields)) < len(fields):
            raise ValueError("Break down by a field once.")
        return fields
