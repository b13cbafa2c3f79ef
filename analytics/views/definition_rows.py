"""Events and properties as rows for people: labels, addresses, days in the project's time zone."""

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from analytics.contracts import Kind
from analytics.models import EventDefinition, Project, PropertyDefinition
from analytics.queries.definitions import DEFAULT_SORT, SORTS
from analytics.views.sorting import Heading

KINDS = {
    Kind.TRACK: "Custom event",
    Kind.PAGE: "Page view",
    Kind.SCREEN: "Screen view",
    Kind.IDENTIFY: "Identify",
    Kind.GROUP: "Group",
    Kind.ALIAS: "Alias",
    Kind.PASSIVE: "Passive event",
}
SUBJECTS = {
    PropertyDefinition.Subject.EVENT: "Property of events",
    PropertyDefinition.Subject.PERSON: "Trait of people",
    PropertyDefinition.Subject.GROUP: "Trait of groups",
}
_LABELS = {"name": "Name", "volume": "Events", "first_seen": "First seen", "last_seen": "Last seen"}


@dataclass(frozen=True, slots=True)
class TypeSeen:
    """A type of a property's values."""

    label: str
    volume: int
    last_seen: datetime


@dataclass(frozen=True, slots=True)
class Row:
    """An event or a property."""

    pk: int
    name: str
    what: str
    description: str
    hidden: bool
    is_sensitive: bool
    types: tuple[TypeSeen, ...]
    volume: int
    first_seen: datetime
    last_seen: datetime
    href: str
    list_name: str

    @property
    def anchor(self) -> str:
        return f"definition-{self.pk}"

    @property
    def is_event(self) -> bool:
        return self.list_name == "data_events"


def row_of(project: Project, item: EventDefinition | PropertyDefinition) -> Row:
    """A property needs its readings (`with_readings`)."""
    is_event = isinstance(item, EventDefinition)
    place = [project.organization.slug, project.slug]
    return Row(
        pk=item.pk,
        name=item.name,
        what=KINDS[Kind(item.kind)] if isinstance(item, EventDefinition) else _subject(item),
        description=item.description,
        hidden=item.hidden,
        is_sensitive=isinstance(item, PropertyDefinition) and item.is_sensitive,
        types=() if isinstance(item, EventDefinition) else _types(project, item),
        volume=item.volume,
        first_seen=item.first_seen.astimezone(project.zone),
        last_seen=item.last_seen.astimezone(project.zone),
        href=reverse("data_event" if is_event else "data_property", args=[*place, item.pk]),
        list_name="data_events" if is_event else "data_properties",
    )


def headings(sort: str) -> list[Heading]:
    """Name ascends first, the others descend."""
    return [_heading(name, sort or DEFAULT_SORT) for name in SORTS]


def _heading(name: str, sort: str) -> Heading:
    order = {name: "ascending", f"-{name}": "descending"}.get(sort, "")
    first, other = (name, f"-{name}") if name == "name" else (f"-{name}", name)
    return Heading(_LABELS[name], other if sort == first else first, order, is_number=name == "volume")


def _subject(item: PropertyDefinition) -> str:
    return SUBJECTS[PropertyDefinition.Subject(item.subject)]


def _types(project: Project, item: PropertyDefinition) -> tuple[TypeSeen, ...]:
    return tuple(
        TypeSeen(reading.get_type_display(), reading.volume, reading.last_seen.astimezone(project.zone))
        for reading in item.types
    )
