"""What may be asked of stickiness. No Django here."""

from typing import ClassVar, Literal

from pydantic import Field

from analytics.kinds.base import Spec
from analytics.kinds.events import EventFilters
from analytics.periods import Compare, Interval

DEFINITION = (
    "A person is active in an interval in which they have an event that counts: any event, or those of one "
    "name, that passes the filters. For each number k up to that of the period's intervals: the people who are "
    "active in exactly k of them, and those who are in at least k. The mean is taken over everybody who is "
    "active at all. Sessions, and what an event has from its session, are as in trends."
)


class StickinessSpec(Spec):
    """How many of a period's intervals people are active in."""

    definition: ClassVar[str] = DEFINITION

    kind: Literal["stickiness"] = "stickiness"
    compare: Compare = Field(default=Compare.NONE, description="The period whose numbers stand beside these.")
    interval: Interval = Interval.AUTO
    filters: EventFilters = Field(default=(), max_length=50, description="Which events count as activity.")
    event: str = Field(default="", max_length=500, description="The name of the events that count; any if empty.")
