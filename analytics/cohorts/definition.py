"""What a cohort may say of its people: the typed form of the API, the page and the database. No Django here.

A list of conditions keeps whoever meets all of them. An entry is a filter on the person (a trait, their id, or
whether they are in another cohort), what somebody did, or a group of entries: `{"any": […]}`, `{"all": […]}` or
`{"not": …}`.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Self, Union

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    model_validator,
)

from accounts.errors import Invalid
from analytics.fields import PERSON, PERSON_TRAIT_PREFIX, named
from analytics.kinds import faults_of
from analytics.kinds.events import EventFilters
from analytics.kinds.filters import SHAPES, Filter, bounded
from analytics.periods import Period

DEFINITION = (
    "Everybody with an event that is kept, ever, who meets the conditions: by traits as they are known now, by "
    "how often they did something in a period, or by being in another cohort as it was computed last. Events "
    "count as everywhere: for the person that their ids are linked to now, on days of the project's time zone, "
    "with sessions formed inside of the condition's period. Of a list, everybody who goes by an id on it. Who is "
    "in it is as of the time shown."
)
# Each period of them is a reading of its own.
MOST_DONE = 20
MOST_TIMES = 1_000_000
DONE = "done"
EXAMPLE = {
    "name": "Loyal customers",
    "conditions": [
        {"done": "Order Completed", "period": {"last": "90d"}, "at_least": 3},
        {"field": "person.plan", "operator": "is", "values": ["pro"]},
        {"not": {"done": "Refund requested", "period": {"last": "90d"}}},
    ],
}


def _of_person(item: Filter) -> Filter:
    if item.field == PERSON or named(item.field, PERSON_TRAIT_PREFIX):
        return item
    raise ValueError(
        f"{item.field} is not of a person: take person.<trait>, or the field '{PERSON}' with an id or with "
        "in_cohort; what somebody did is asked for with 'done'."
    )


class Done(BaseModel):
    """Whoever did an event so often in a period: `at_least` once where nothing is said.

    `at_most` and `exactly` also mean those who never did it, where 0 is so often.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    done: str = Field(max_length=500, description="The name of the event; any event if empty.")
    filters: EventFilters = Field(default=(), max_length=50, description="Only events that pass these.")
    period: Period
    at_least: int | None = Field(default=None, ge=1, le=MOST_TIMES)
    at_most: int | None = Field(default=None, ge=0, le=MOST_TIMES)
    exactly: int | None = Field(default=None, ge=0, le=MOST_TIMES)

    @model_validator(mode="after")
    def _one_number(self) -> Self:
        if sum(number is not None for number in (self.at_least, self.at_most, self.exactly)) > 1:
            raise ValueError("Give one of 'at_least', 'at_most' and 'exactly'.")
        return self

    @property
    def counts(self) -> tuple[int, int | None]:
        """The least and the most times; without an upper end, None."""
        if self.exactly is not None:
            return self.exactly, self.exactly
        return (0, self.at_most) if self.at_most is not None else (self.at_least or 1, None)

    @property
    def needs_an_event(self) -> bool:
        """Whether nobody meets it without an event in the period."""
        return self.counts[0] > 0


class AnyCondition(BaseModel):
    """Whoever meets at least one of these."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    any: tuple["Condition", ...] = Field(min_length=1)


class AllConditions(BaseModel):
    """Whoever meets each of these."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    all: tuple["Condition", ...] = Field(min_length=1)


class NoCondition(BaseModel):
    """Whoever does not meet this."""

    model_config = ConfigDict(frozen=True, extra="forbid", serialize_by_alias=True)

    negated: "Condition" = Field(alias="not")


# As in `filters`: what errors call the ways to read an entry; they are no part of its path.
TAGS = {**SHAPES, DONE: "<done>"}
_TAG_OF: dict[type[BaseModel], str] = {
    AnyCondition: TAGS["any"],
    AllConditions: TAGS["all"],
    NoCondition: TAGS["not"],
    Done: TAGS[DONE],
}


def _tag(value: Any) -> str:
    if isinstance(value, Mapping):
        return next((tag for name, tag in TAGS.items() if name in value), TAGS[""])
    return _TAG_OF.get(type(value), TAGS[""])


Condition = Annotated[
    Union[  # noqa: UP007 (`|` does not take what is annotated)
        Annotated[Filter, AfterValidator(_of_person), Tag(TAGS[""])],
        Annotated[Done, Tag(TAGS[DONE])],
        Annotated[AnyCondition, Tag(TAGS["any"])],
        Annotated[AllConditions, Tag(TAGS["all"])],
        Annotated[NoCondition, Tag(TAGS["not"])],
    ],
    Discriminator(_tag),
]
for group in (AnyCondition, AllConditions, NoCondition):
    group.model_rebuild()


class Definition(BaseModel):
    """Whoever meets all of the conditions."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    conditions: Annotated[tuple[Condition, ...], BeforeValidator(bounded)] = Field(min_length=1, max_length=50)

    @model_validator(mode="after")
    def _few_readings(self) -> Self:
        if len(list(dones(self.conditions))) > MOST_DONE:
            raise ValueError(f"At most {MOST_DONE} conditions on what people did.")
        return self


def parse(conditions: Any) -> Definition:
    """The typed definition of a list of conditions as JSON; raises Invalid naming each wrong field."""
    try:
        return Definition.model_validate({"conditions": conditions})
    except ValidationError as error:
        faults = faults_of(error, TAGS.values())
        raise Invalid("The conditions are not valid.", fields=faults) from error


def dones(conditions: Iterable[Condition]) -> Iterator[Done]:
    """What the conditions ask of events, however deep in groups."""
    for item in conditions:
        if isinstance(item, Done):
            yield item
        elif not isinstance(item, Filter):
            yield from dones(parts(item))


def parts(group: AnyCondition | AllConditions | NoCondition) -> tuple[Condition, ...]:
    """The entries of a group."""
    if isinstance(group, AnyCondition):
        return group.any
    return group.all if isinstance(group, AllConditions) else (group.negated,)


def required(conditions: Iterable[Condition]) -> Iterator[Done]:
    """What nobody may be without: each member has an event in the period of each of these."""
    for item in conditions:
        if isinstance(item, Done) and item.needs_an_event:
            yield item
        elif isinstance(item, AllConditions):
            yield from required(item.all)
