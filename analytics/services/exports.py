"""Take data out: whoever does is in the audit log before the first byte leaves."""

from collections.abc import Iterator

from django.db import transaction

from accounts.access import Actor
from accounts.audited import Action, Target
from analytics.models import Project
from analytics.queries import export, person
from analytics.queries.erasures import hash_of
from analytics.queries.export import Wanted
from analytics.services import trail


@transaction.atomic
def events(*, project: Project, actor: Actor, wanted: Wanted) -> Iterator[bytes]:
    """The pieces of a file, as `queries.export.events` makes them."""
    asked = {
        "format": wanted.kind.value,
        "from": wanted.first,
        "to": wanted.last,
        "events": list(wanted.names),
        "columns": list(wanted.columns),
    }
    trail.note(action=Action.EVENTS_EXPORTED, actor=actor, project=project, after=asked)
    return export.events(project=project, wanted=wanted, actor=actor)


def of_person(*, project: Project, actor: Actor, identifier: str) -> bytes:
    """All that is stored of whoever this id belongs to, as `queries.person.export` makes it.

    Whose it was, only somebody who has the id at hand can tell: an entry cannot be erased.
    """
    with transaction.atomic():
        trail.note(
            action=Action.PERSON_EXPORTED,
            actor=actor,
            project=project,
            target=Target(name="a person"),
            after={"person": hash_of(project.pk, identifier)},
        )
    return person.export(project=project, identifier=identifier)
