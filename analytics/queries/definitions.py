"""A project's events and properties as its people list them."""

from dataclasses import dataclass

from analytics.models import EventDefinition, Project, PropertyDefinition
from analytics.querysets import EventDefinitionQuerySet, PropertyDefinitionQuerySet

# What a list may be sorted by, and in front the direction; the name decides between equals.
SORTS = ("name", "volume", "first_seen", "last_seen")
DEFAULT_SORT = "-volume"


@dataclass(frozen=True, slots=True)
class Selection:
    """What a person looks for; empty is everything, and `show` is shown, hidden or all."""

    search: str = ""
    show: str = "shown"
    subject: str = ""
    event: EventDefinition | None = None
    sort: str = DEFAULT_SORT

    def __bool__(self) -> bool:
        return bool(self.search or self.subject or self.event) or self.show != "shown"


def events_of(project: Project, selection: Selection) -> EventDefinitionQuerySet:
    found = EventDefinition.objects.filter(project=project, **_visible(selection))
    found = found.mentioning(selection.search) if selection.search else found
    return found.order_by(*_order(selection.sort), "kind")


def properties_of(project: Project, selection: Selection) -> PropertyDefinitionQuerySet:
    """With their readings; `volume`, `first_seen` and `last_seen` are over all of them."""
    found = PropertyDefinition.objects.filter(project=project, **_visible(selection))
    if selection.event is not None:
        found = found.filter(events=selection.event)
    if selection.subject in PropertyDefinition.Subject:
        found = found.filter(subject=selection.subject)
    found = found.mentioning(selection.search) if selection.search else found
    return found.with_readings().order_by(*_order(selection.sort), "subject")


def _visible(selection: Selection) -> dict[str, bool]:
    return {} if selection.show == "all" else {"hidden": selection.show == "hidden"}


def _order(sort: str) -> tuple[str, str]:
    known = sort if sort.removeprefix("-") in SORTS else DEFAULT_SORT
    return known, "name"
