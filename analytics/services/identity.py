"""Write who is one person, and find who became one after their events were sealed."""

from collections.abc import Sequence
from datetime import datetime

from analytics.contracts import Event
from analytics.models import PersonLink
from analytics.people import Links, People, ids_of


def resolve(*, project_id: int, events: Sequence[Event], at: datetime) -> People:
    """Whose each event is, after all of these events' links, which are written as of `at`.

    The caller holds the project's manifest, so that links are made one batch at a time.
    """
    links = Links(_known(project_id, ids_of(events)))
    links.learn_all(events)
    if links.made:
        _write(project_id, links, at)
    return links.people_of(events)


def _known(project_id: int, ids: set[str]) -> dict[str, str]:
    found = PersonLink.objects.filter(project_id=project_id, alias__among=ids)
    return dict(found.values_list("alias", "person"))


def _write(project_id: int, links: Links, at: datetime) -> None:
    PersonLink.objects.bulk_create(
        [
            PersonLink(project_id=project_id, alias=alias, person=links.person(alias), by=how, created_at=at)
            for alias, how in links.made.items()
        ],
        batch_size=5000,
    )
    # Whoever was known by an id that is now an alias goes by its person: `person` is always final.
    moved = list(PersonLink.objects.filter(project_id=project_id, person__among=list(links.made)))
    for link in moved:
        link.person = links.person(link.person)
    PersonLink.objects.bulk_update(moved, ["person"], batch_size=2000)
