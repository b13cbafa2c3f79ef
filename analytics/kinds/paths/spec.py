"""What may be asked of paths. No Django here."""

from enum import StrEnum
from typing import Annotated, ClassVar, Literal

from pydantic import Field, ValidationInfo, field_validator

from analytics.kinds.base import Spec
from analytics.kinds.events import EventFilters
from analytics.kinds.paths.cleaning import DEFAULT_RULES, MOST_RULES, CleaningRule

DEFINITION = (
    "Within each session, the events that pass the filters, one after the other: views by their path, after the "
    "rules that put a placeholder for ids, and custom events by their name. Steps of one instant are in the "
    "order of their text; a step directly repeated is one step, at the time of its first, unless repeats are "
    "kept. A path begins with the session's first step, or with the first that is the start; or it ends with the "
    "first that is the end. Of each path, as many steps as the depth says are looked at. A transition is a step "
    "of a path and the next. The transitions that the most sessions make decide which steps are shown, namely "
    "their ends; all others of the same number are together as Other, and so are the transitions from and to "
    "them. A session makes each transition of a step once, people are counted once per transition, and the time "
    "between is the mean. Sessions are formed from all of a person's events inside the period (30 minutes, 24 "
    "hours)."
)

Label = Annotated[str, Field(min_length=1, max_length=2000)]


class StepKind(StrEnum):
    PAGES = "pages"
    EVENTS = "events"
    BOTH = "both"


class PathsSpec(Spec):
    """The ways that people take through a product, a session at a time."""

    definition: ClassVar[str] = DEFINITION

    kind: Literal["paths"] = "paths"
    filters: EventFilters = Field(default=(), max_length=50)
    steps: StepKind = Field(default=StepKind.PAGES, description="Views by path, custom events by name, or both.")
    start: str = Field(default="", max_length=2000, description="The path or event that paths begin with.")
    end: str = Field(
        default="",
        max_length=2000,
        validate_default=True,
        description="The path or event that paths end with; not together with a start.",
    )
    depth: int = Field(default=5, ge=2, le=20, description="Steps of a path, its start or end included.")
    limit: int = Field(default=50, ge=1, le=200, description="Transitions whose ends are shown, before Other.")
    include: tuple[Label, ...] = Field(
        default=(), max_length=100, description="Only these paths and events are steps; all if empty."
    )
    exclude: tuple[Label, ...] = Field(default=(), max_length=100, description="These paths and events are not.")
    keep_repeats: bool = Field(default=False, description="Whether a step directly repeated is a step again.")
    cleaning: tuple[CleaningRule, ...] = Field(
        default=DEFAULT_RULES,
        max_length=MOST_RULES,
        description="Rules for paths, in their order; by default for numbers, UUIDs and long hexadecimal ones.",
    )

    @field_validator("end")
    @classmethod
    def _one_side(cls, end: str, info: ValidationInfo) -> str:
        if end and info.data.get("start"):
            raise ValueError("Paths have a start or an end, not both.")
        return end
