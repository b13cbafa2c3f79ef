"""What may be asked of a funnel. No Django here."""

from datetime import timedelta
from enum import StrEnum
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from analytics.kinds.base import Spec
from analytics.kinds.choice import Choice
from analytics.kinds.events import EventField, EventFilters
from analytics.periods import Interval

DEFINITION = (
    "Over the events of the period that pass the filters. A chain is made of different events of one person: one "
    "of step 1, then one of step 2 at or after it, and so on; other events may lie between. An event counts for a"
    " step if its time is at most the window (both ends included, a day being 24 hours) after the chain's step 1,"
    " or after the chain's step before, where the window is from the previous step. A chain may begin at any "
    "event of step 1, and a person's level is that of their longest chain. Steps outside the period are not "
    "counted, even within the window. Events of one instant are in the order of the first step that each fits, "
    "then of the last, the last but one and so on; those that fit no step come after them. Strict order: no other"
    " event of the person that passes the filters lies between two steps. Any order: a chain has events of "
    "different steps in whatever order, all within the window before the latest of them, step k counts when k "
    "different steps were done, and an event counts for every step that it fits. An excluded event between two "
    "steps, later than the one and earlier than the other, makes the chain void from there on. Counted by "
    "sessions, a chain lies within one session, and each session has a level of its own; sessions are formed from"
    " all of a person's events inside the period (30 minutes, 24 hours). Times to a step are of the chain that "
    "gets there first, whose other steps are the latest possible ones, over those who got there: from its step 1 "
    "and from its step before; the median interpolates linearly. A person belongs to the group, and to the "
    "interval in the project's time zone, of the first event of the chain that first reaches their level; where "
    "events of that step at that instant differ, the least value counts. With a breakdown, the groups with the "
    "most people at step 1 are shown, and all others together as Other."
)


class Order(StrEnum):
    ORDERED = "ordered"
    STRICT = "strict"
    ANY = "any"


class Unit(StrEnum):
    SECOND = "second"
    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"


class Window(BaseModel):
    """A time as so many units; a day is 24 hours, a week seven of them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    count: int = Field(default=14, ge=1, le=100_000)
    unit: Unit = Unit.DAY

    @property
    def micros(self) -> int:
        return timedelta(**{f"{self.unit}s": self.count}) // timedelta(microseconds=1)


class FunnelStep(Choice):
    """A step: the events of a name, or of any, that pass the filters."""

    label: str = Field(default="", max_length=200)


class Exclusion(Choice):
    """Events that make a chain void where one lies between a step and the next."""

    after: int = Field(ge=1, le=19, description="The step, from 1, after which it must not happen.")


class FunnelPeople(BaseModel):
    """A page of the people who got to a step (`converted`), or to the one before it and not to it (`dropped`)."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    step: int = Field(ge=1, le=20, description="The step, from 1.")
    which: Literal["converted", "dropped"] = "converted"
    offset: int = Field(default=0, ge=0, le=1_000_000)
    limit: int = Field(default=100, ge=1, le=1000)

    @field_validator("which")
    @classmethod
    def _can_drop(cls, value: str, info: ValidationInfo) -> str:
        if value == "dropped" and info.data.get("step") == 1:
            raise ValueError("Nobody drops at step 1.")
        return value


class FunnelSpec(Spec):
    """How many get from one step to the next."""

    definition: ClassVar[str] = DEFINITION

    kind: Literal["funnel"] = "funnel"
    interval: Interval = Field(default=Interval.AUTO, description="Of the conversion over time.")
    filters: EventFilters = Field(default=(), max_length=50)
    steps: tuple[FunnelStep, ...] = Field(min_length=2, max_length=20)
    order: Order = Field(
        default=Order.ORDERED, description="Whether steps are in order, next to each other, or in any."
    )
    window: Window = Field(default=Window(), description="How long a chain may take.")
    window_from: Literal["first", "previous"] = Field(
        default="first", description="Whether the window begins at step 1 or anew at each step."
    )
    exclusions: tuple[Exclusion, ...] = Field(
        default=(), max_length=10, description="What must not happen between two steps."
    )
    count: Literal["people", "sessions"] = Field(default="people", description="Whose chains are counted.")
    breakdown: EventField | None = Field(default=None, description="The field of step 1 to compare by.")
    limit: int = Field(default=10, ge=1, le=100, description="Groups of the breakdown, before Other.")
    people: FunnelPeople | None = Field(default=None, description="Whose names to list as well.")

    @field_validator("window_from")
    @classmethod
    def _has_previous(cls, value: str, info: ValidationInfo) -> str:
        if value == "previous" and info.data.get("order") is Order.ANY:
            raise ValueError("In any order there is no previous step.")
        return value

    @field_validator("exclusions")
    @classmethod
    def _between_steps(cls, value: tuple[Exclusion, ...], info: ValidationInfo) -> tuple[Exclusion, ...]:
        if value and info.data.get("order", Order.ORDERED) is not Order.ORDERED:
            raise ValueError("Only steps that are in order, with others between, have exclusions.")
        last = len(info.data.get("steps", ())) - 1
        for place, item in enumerate(value):
            if item.after > last > 0:
                raise ValueError(f"Exclusion {place + 1}: 'after' is one of the steps 1 to {last}.")
        return value

    @field_validator("people")
    @classmethod
    def _of_a_step(cls, value: FunnelPeople | None, info: ValidationInfo) -> FunnelPeople | None:
        steps = len(info.data.get("steps", ()))
        if value is not None and value.step > steps > 0:
            raise ValueError(f"'step' is one of the steps 1 to {steps}.")
        return value
