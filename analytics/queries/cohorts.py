"""What a project's cohorts are used for, and who is in one."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db.models import TextField
from django.db.models.functions import Cast

from accounts.access import Actor
from accounts.errors import FieldError, Invalid
from analytics.contracts import number_of
from analytics.kinds import parse_spec
from analytics.kinds.named import named_by
from analytics.models import Cohort, Insight, PersonTraits, Project
from analytics.queries import people
from analytics.queries.cohort_members import current, joined, names_of
from analytics.queries.sensitive import hidden_from
from analytics.querysets import InsightQuerySet
from analytics.redaction import without

MOST_MEMBERS = 200


@dataclass(frozen=True, slots=True)
class Users:
    """What would not work without a cohort."""

    cohorts: tuple[Cohort, ...]
    insights: tuple[Insight, ...]
    # Insights that are not for who asks.
    unseen: int = 0

    def __bool__(self) -> bool:
        return bool(self.cohorts or self.insights or self.unseen)


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


def users_of(cohort: Cohort, *, seen: InsightQuerySet) -> Users:
    """The cohorts that are built from it, and the saved insights that name it: those not `seen` are a number."""
    built = Cohort.objects.of(cohort.project_id).built_from(cohort.pk).order_by("name")
    naming = list(_naming(cohort))
    ids = set(seen.values_list("pk", flat=True)) if naming else set()
    known = tuple(insight for insight in naming if insight.pk in ids)
    return Users(tuple(built), known, len(naming) - len(known))


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


def members(cohort: Cohort, *, after: str = "", limit: int = 50, actor: Actor | None = None) -> Page:
    """A page of members. Raises Invalid for a cursor that is none."""
    start = _place(after)
    found: list[tuple[int, str]] = []
    for part in current(cohort).filter(last__gt=start).iterator(chunk_size=1):
        pairs = zip(joined([part.numbers]).to_pylist(), names_of(part), strict=True)
        found += [pair for pair in pairs if pair[0] > start][: limit + 1 - len(found)]
        if len(found) > limit:
            break
    shown = found[:limit]
    described = _described(cohort, [name for _, name in shown], actor)
    return Page(described, str(shown[-1][0]) if len(found) > limit else "")


def member(cohort: Cohort, identifier: str, *, actor: Actor | None = None) -> Page:
    """The page of whoever this id belongs to: empty where they are not in the cohort."""
    known = "" if "\0" in identifier else identifier
    person = people.person_of(cohort.project_id, known)
    number = number_of(person)
    part = current(cohort).filter(first__lte=number, last__gte=number).first()
    is_in = part is not None and number in joined([part.numbers]).to_pylist()
    return Page(_described(cohort, [person], actor) if is_in else (), "")


def _place(after: str) -> int:
    if not after:
        return -1
    if not (after.isascii() and after.isdecimal() and len(after) < 20):
        message = "Take the `next` of a page."
        raise Invalid("The cursor is not valid.", fields=[FieldError("after", message)])
    return int(after)


def _described(cohort: Cohort, names: list[str], actor: Actor | None) -> tuple[Member, ...]:
    hidden = hidden_from(actor, cohort.project).people
    known = PersonTraits.objects.filter(project=cohort.project_id, person__among=names)
    traits = dict(known.values_list("person", "traits"))
    return tuple(Member(name, without(traits.get(name, {}), hidden)) for name in names)
