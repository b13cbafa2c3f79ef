"""Who is one person, as far as links say."""

from collections.abc import Collection
from datetime import datetime

from analytics.models import PersonLink


def links_since(project_id: int, moment: datetime | None) -> dict[str, str]:
    """Links (id → person) made after a moment, or ever; segments written up to then do not know of them."""
    found = PersonLink.objects.filter(project_id=project_id)
    if moment is not None:
        found = found.filter(created_at__gt=moment)
    return dict(found.values_list("alias", "person"))


def person_of(project_id: int, identifier: str) -> str:
    """Whom an id belongs to: itself where it is not linked."""
    found = PersonLink.objects.filter(project_id=project_id, alias=identifier).values_list("person", flat=True)
    return found.first() or identifier


def persons_of(project_id: int, identifiers: Collection[str]) -> dict[str, str]:
    """Whom each of these ids belongs to."""
    links = PersonLink.objects.filter(project_id=project_id, alias__among=identifiers) if identifiers else ()
    linked = {link.alias: link.person for link in links}
    return {identifier: linked.get(identifier, identifier) for identifier in identifiers}


def ids_of(project_id: int, identifier: str) -> list[str]:
    """Every id of the person that this one belongs to: the person first, the others in order."""
    person = person_of(project_id, identifier)
    aliases = PersonLink.objects.filter(project_id=project_id, person=person).values_list("alias", flat=True)
    return [person, *sorted({*aliases, identifier} - {person})]
