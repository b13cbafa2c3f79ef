"""What may be asked of lifecycle. No Django here."""

from typing import ClassVar, Literal

from pydantic import Field

from analytics.kinds.base import Spec
from analytics.kinds.events import EventFilters
from analytics.periods import Interval

DEFINITION = (
    "A person is active in an interval in which they have an event that counts: any event, or those of one "
    "name, that passes the filters. Of the people active in an interval, new are those who were never active "
    "before, returning those who were active in the interval before it, and resurrecting those who were active "
    "before, but not in that one. Dormant are those who were active in the interval before it and are not in "
    "this one; their number is shown as negative. Never means in none of the project's events that are kept. "
    "Before the first interval of the period comes the calendar interval that ends where the period begins, cut "
    "there where the period begins within one. Source, channel, campaign, referrer, country, device, browser "
    "and system of an event are those of its session's first event."
)


class LifecycleSpec(Spec):
    """The active people of each interval of a period, by what they were before."""

    definition: ClassVar[str] = DEFINITION

    kind: Literal["lifecycle"] = "lifecycle"
    interval: Interval = Interval.AUTO
    filters: EventFilters = Field(default=(), max_length=50, description="Which events count as activity.")
    event: str = Field(default="", max_length=500, description="The name of the events that count; any if empty.")
