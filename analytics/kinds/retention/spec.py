"""What may be asked of retention. No Django here."""

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from analytics.kinds.base import Spec
from analytics.kinds.choice import Choice
from analytics.kinds.events import EventField, EventFilters
from analytics.periods import Interval

DEFINITION = (
    "Over the events that pass the filters. A cohort are the people with a start event in an interval of the "
    "period, in the project's time zone; the period's edges cut its first and last interval. Recurring: everybody"
    " with a start event in the interval, so that a person may be in several cohorts. First-time: only those "
    "whose first start event of all that are kept lies in it. A person's start is their first start event in the "
    "interval. Cell k of a cohort are those with a return event at or after their start in the k-th calendar "
    "interval after the cohort's (cell 0 is the same interval), also after the period's end; or, rolling, at "
    "least k and less than k + 1 times 24 hours after their start (of weeks, 7 times 24 hours; of months, 30 "
    "times 24). In or after: in that or a later interval, up to the last that is followed. The start event itself"
    " counts in cell 0 where it is a return event too. A cell is incomplete until its time is over for the whole "
    "cohort, and not there before it begins for anybody. Means are of complete cells, weighted by the size of "
    "their cohorts. With a breakdown, a person belongs in a cohort to the group of their start; of start events "
    "at one instant the least value counts. The groups with the most people, added up over the cohorts, are "
    "shown, and all others together as Other. Sessions, and what an event has from its session, are formed of all"
    " of a person's events from the period's start on (first-time: from their first event on)."
)


def _calendar(interval: Interval) -> Interval:
    if interval not in {Interval.DAY, Interval.WEEK, Interval.MONTH}:
        raise ValueError("One of day, week and month.")
    return interval


class RetentionPeople(BaseModel):
    """A page of the people of a cell: who `returned`, or is in the cohort and did not (`lost`)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cohort: int = Field(ge=0, le=5_000, description="The place of the cohort, from 0.")
    cell: int = Field(ge=0, le=100, description="The interval after the cohort's, from 0.")
    which: Literal["returned", "lost"] = "returned"
    offset: int = Field(default=0, ge=0, le=1_000_000)
    limit: int = Field(default=100, ge=1, le=1000)


class RetentionSpec(Spec):
    """Who comes back, by when they began."""

    definition: ClassVar[str] = DEFINITION

    kind: Literal["retention"] = "retention"
    interval: Annotated[Interval, AfterValidator(_calendar)] = Field(
        default=Interval.WEEK, description="Of the cohorts and of the returns: day, week or month."
    )
    follow: int = Field(default=8, ge=1, le=100, description="How many intervals to look at after a cohort's own.")
    filters: EventFilters = Field(default=(), max_length=50)
    start: Choice = Field(default=Choice(), description="The event that makes somebody one of a cohort.")
    returning: Choice = Field(default=Choice(), description="The event that counts as coming back.")
    cohorts: Literal["recurring", "first_time"] = Field(
        default="recurring",
        description="Whether each interval has a cohort of its own, or only first starts count.",
    )
    returned: Literal["in", "in_or_after"] = Field(
        default="in", description="Whether to return in an interval, or in it or a later one."
    )
    intervals: Literal["calendar", "rolling"] = Field(
        default="calendar", description="Those of the project's calendar, or 24 hours each from a person's start."
    )
    breakdown: EventField | None = Field(default=None, description="The field of the start event to compare by.")
    limit: int = Field(default=5, ge=1, le=20, description="Groups of the breakdown, before Other.")
    people: RetentionPeople | None = Field(default=None, description="Whose names to list as well.")
