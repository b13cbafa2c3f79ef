"""What somebody did: the events of a person or of a group, one by one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.access import Actor
from accounts.errors import NotFound
from analytics.kinds import parse_spec
from analytics.kinds.explorer import EventsResult, Order
from analytics.models import Project
from analytics.queries import people
from analytics.queries.run import run_query

COLUMNS = ("kind", "name", "path", "title", "source", "country", "device", "properties")
# How far back somebody's events are looked for, unless it is said.
PERIOD = {"last": "12mo"}


@dataclass(frozen=True, slots=True)
class Seen:
    """The times of the first and the last event of the last twelve months; None where there is none."""

    first: datetime | None
    last: datetime | None


def of_person(
    *, project: Project, identifier: str, asked: Mapping[str, Any], actor: Actor | None = None
) -> EventsResult:
    """Events of whoever this id belongs to; `asked` are further fields of the spec, and may be Invalid."""
    refuse_unstorable(identifier)
    person = {"of": people.person_of(project.pk, identifier)}
    return _page(project, actor, {**person, "columns": [*COLUMNS, "group_id"], **asked})


def of_group(
    *, project: Project, identifier: str, asked: Mapping[str, Any], actor: Actor | None = None
) -> EventsResult:
    """Events that name this group; `asked` are further fields of the spec, and may be Invalid."""
    refuse_unstorable(identifier)
    is_theirs = {"field": "group_id", "operator": "is", "values": [identifier]}
    return _page(project, actor, {"filters": [is_theirs], "columns": [*COLUMNS, "person"], **asked})


def seen_person(*, project: Project, identifier: str) -> Seen:
    """When the person of an id was there."""
    ends = (of_person(project=project, identifier=identifier, asked=_one(order)) for order in Order)
    return _seen(*ends)


def seen_group(*, project: Project, identifier: str) -> Seen:
    """When a group's people were there."""
    ends = (of_group(project=project, identifier=identifier, asked=_one(order)) for order in Order)
    return _seen(*ends)


def refuse_unstorable(identifier: str) -> None:
    """PostgreSQL has no NUL, so nobody goes by such an id. Raises NotFound."""
    if "\0" in identifier:
        raise NotFound("Nothing is known of this id.")


def _one(order: Order) -> dict[str, Any]:
    return {"order": str(order), "limit": 1, "columns": []}


def _seen(newest: EventsResult, oldest: EventsResult) -> Seen:
    first, last = (result.events[0].time if result.events else None for result in (oldest, newest))
    return Seen(first, last)


def _page(project: Project, actor: Actor | None, asked: Mapping[str, Any]) -> EventsResult:
    spec = parse_spec({"kind": "events", "period": PERIOD, **asked})
    found: EventsResult = run_query(project=project, spec=spec, actor=actor).result
    return found
