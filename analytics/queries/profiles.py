"""What is known of a person or a group now."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.access import Actor
from accounts.errors import NotFound
from analytics.models import GroupTraits, PersonLink, PersonTraits, Project
from analytics.queries import timelines
from analytics.queries.sensitive import hidden_from
from analytics.redaction import without

MOST_IDS = 1_000


@dataclass(frozen=True, slots=True)
class PersonId:
    """An id, and how and when it was linked; empty and None for the one that the person goes by."""

    id: str
    by: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """The final id first among `ids`; `described` are moments of events with traits, `seen` of any events of the
    last twelve months, None where there was none.
    """

    person: str
    ids: tuple[PersonId, ...]
    traits: dict[str, Any]
    first_described_at: datetime | None
    last_described_at: datetime | None
    first_seen_at: datetime | None
    last_seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class Group:
    """As a person."""

    group: str
    traits: dict[str, Any]
    first_described_at: datetime | None
    last_described_at: datetime | None
    first_seen_at: datetime | None
    last_seen_at: datetime | None


def person(*, project: Project, identifier: str, actor: Actor | None = None) -> Person:
    """Whose id this is, with the traits that the asker may see.

    Raises NotFound for one without traits, links, and events in the last twelve months.
    """
    timelines.refuse_unstorable(identifier)
    links = PersonLink.objects.filter(project=project)
    final = links.filter(alias=identifier).values_list("person", flat=True).first() or identifier
    linked = links.filter(person=final).order_by("created_at", "id").values_list("alias", "by", "created_at")
    ids = (PersonId(final), *(PersonId(*link) for link in linked[: MOST_IDS - 1]))
    row = PersonTraits.objects.filter(project=project, person=final).first()
    seen = timelines.seen_person(project=project, identifier=final)
    if row is None and len(ids) == 1 and seen.last is None:
        raise NotFound("Nothing is known of this id: it has no traits, no other ids and no events.")
    if row is None:
        return Person(final, ids, {}, None, None, seen.first, seen.last)
    traits = without(row.traits, hidden_from(actor, project).people)
    return Person(final, ids, traits, row.first_seen, row.last_seen, seen.first, seen.last)


def group(*, project: Project, identifier: str, actor: Actor | None = None) -> Group:
    """Raises NotFound where neither a trait nor an event of the last twelve months is known."""
    timelines.refuse_unstorable(identifier)
    row = GroupTraits.objects.filter(project=project, group=identifier).first()
    seen = timelines.seen_group(project=project, identifier=identifier)
    if row is None and seen.last is None:
        raise NotFound("Nothing is known of this group: it has no traits and no events.")
    if row is None:
        return Group(identifier, {}, None, None, seen.first, seen.last)
    traits = without(row.traits, hidden_from(actor, project).groups)
    return Group(row.group, traits, row.first_seen, row.last_seen, seen.first, seen.last)
