"""What a project's cohorts are used for, and who is in one."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db.models import TextField
from django.db.models.functions import Cast

from accounts.errors import FieldError, Invalid
from analytics.contracts import number_of
from analytics.kinds import parse_spec
from analytics.kinds.named import named_by
from analytics.models import Cohort, Insight, PersonTraits, Project
from analytics.queries import people
from analytics.queries.cohort_members import current, joined, names_of

MOST_MEMBERS = 200


@dataclass(frozen=True, slots=True)
class Users:
    """What would not work without a cohort."""

    cohorts: tuple[Cohort, ...]
    insights: tuple[Insight, ...]

    def __bool__(self) -> bool:
        return bool(self.cohorts or self.insights)


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody in a cohort, by the id that they go by, with their traits as they are now."""

    person: str
    traits: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Page:
    """Members in no order that means anything, but always the same; `next` is empty on the last page."""

    members: tuple[Member, ...]
    next: str


def users_of(cohort: Cohort) -> Users:
    """The cohorts that are built from it, and the saved insights that name it."""
    built = Cohort.objects.of(cohort.project_id).built_from(cohort.pk).order_by("name")
    return Users(tuple(built), tuple(_naming(cohort)))


def _naming(cohort: Cohort) -> Iterator[Insight]:
    saved = Insight.objects.filter(project=cohort.project_id, deleted_at=None).order_by("name")
    # Few name any, and each that may has to be read.
    for insight in saved.annotate(text=Cast("spec", TextField())).filter(text__contains="cohort"):
        try:
            named = named_by(parse_spec(insight.spec))
        except Invalid:
            # Of a version that knew other questions.
            continue
        if cohort.pk in named.cohorts:
            yield insight


def named_in(project: Project) -> dict[int, str]:
    """The names of a project's cohorts by their ids, in the order of names."""
    return dict(Cohort.objects.of(project.pk).order_by("name").values_list("pk", "name"))


def members(cohort: Cohort, *, after: str = "", limit: int = 50) -> Page:
    """A page of members. Raises Invalid for a cursor that is none."""
    start = _place(after)
    found: list[tuple[int, str]] = []
    for part in current(cohort).filter(last__gt=start).iterator(chunk_size=1):
        pairs = zip(joined([part.numbers]).to_pylist(), names_of(part), strict=True)
        found += [pair for pair in pairs if pair[0] > start][: limit + 1 - len(found)]
        if len(found) > limit:
            break
    shown = found[:limit]
    return Page(_described(cohort, [name for _, name in shown]), str(shown[-1][0]) if len(found) > limit else "")


def member(cohort: Cohort, identifier: str) -> Page:
    """The page of whoever this id belongs to: empty where they are not in the cohort."""
    known = "" if "\0" in identifier else identifier
    person = people.person_of(cohort.project_id, known)
    number = number_of(person)
    part = current(cohort).filter(first__lte=number, last__gte=number).first()
    is_in = part is not None and number in joined([part.numbers]).to_pylist()
    return Page(_described(cohort, [person]) if is_in else (), "")


def _place(after: str) -> int:
    if not after:
        return -1
    if not (after.isascii() and after.isdecimal() and len(after) < 20):
        message = "Take the `next` of a page."
        raise Invalid("The cursor is not valid.", fields=[FieldError("after", message)])
    return int(after)


def _described(cohort: Cohort, names: list[str]) -> tuple[Member, ...]:
    known = PersonTraits.objects.filter(project=cohort.project_id, person__among=names)
    traits = dict(known.values_list("person", "traits"))
    return tuple(Member(name, traits.get(name, {})) for name in names)
