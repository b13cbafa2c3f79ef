"""What is known of a person or a group now."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.errors import NotFound
from analytics.models import GroupTraits, PersonLink, PersonTraits, Project

MOST_IDS = 1_000


@dataclass(frozen=True, slots=True)
class PersonId:
    """An id, and how and when it was linked; empty and None for the one that the person goes by."""

    id: str
    by: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """The final id first among `ids`; the moments are those of events with traits, None where there was none."""

    person: str
    ids: tuple[PersonId, ...]
    traits: dict[str, Any]
    first_described_at: datetime | None
    last_described_at: datetime | None


@dataclass(frozen=True, slots=True)
class Group:
    group: str
    traits: dict[str, Any]
    first_described_at: datetime
    last_described_at: datetime


def person(*, project: Project, identifier: str) -> Person:
    """Whose id this is. Raises NotFound where neither a trait nor a link is known."""
    _refuse_unstorable(identifier)
    links = PersonLink.objects.filter(project=project)
    final = links.filter(alias=identifier).values_list("person", flat=True).first() or identifier
    linked = links.filter(person=final).order_by("created_at", "id").values_list("alias", "by", "created_at")
    ids = (PersonId(final), *(PersonId(*link) for link in linked[: MOST_IDS - 1]))
    row = PersonTraits.objects.filter(project=project, person=final).first()
    if row is None and len(ids) == 1:
        raise NotFound("Nothing is known of this id: it has no traits and no other ids.")
    if row is None:
        return Person(final, ids, {}, None, None)
    return Person(final, ids, row.traits, row.first_seen, row.last_seen)


def group(*, project: Project, identifier: str) -> Group:
    """Raises NotFound where no trait is known."""
    _refuse_unstorable(identifier)
    row = GroupTraits.objects.filter(project=project, group=identifier).first()
    if row is None:
        raise NotFound("No traits are known of this group.")
    return Group(row.group, row.traits, row.first_seen, row.last_seen)


def _refuse_unstorable(identifier: str) -> None:
    """PostgreSQL has no NUL, so nobody goes by such an id."""
    if "\0" in identifier:
        raise NotFound("Nothing is known of this id.")
