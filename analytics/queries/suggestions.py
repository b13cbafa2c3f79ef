"""Names that a form offers while somebody types: the project's own, the most frequent first."""

from dataclasses import dataclass

from analytics.models import EventDefinition, Project, PropertyDefinition

MOST = 200
_FREQUENT = ("-volume", "name")


@dataclass(frozen=True, slots=True)
class Suggestions:
    """Events by name, properties of events, and those as the fields of filters and breakdowns."""

    events: tuple[str, ...]
    properties: tuple[str, ...]
    fields: tuple[str, ...]


def of(project: Project) -> Suggestions:
    events = EventDefinition.objects.filter(project=project, hidden=False).order_by(*_FREQUENT)
    properties = PropertyDefinition.objects.filter(
        project=project, hidden=False, subject=PropertyDefinition.Subject.EVENT
    ).with_readings()
    names = tuple(item.name for item in properties.order_by(*_FREQUENT)[:MOST])
    return Suggestions(
        events=tuple(dict.fromkeys(events.values_list("name", flat=True)[:MOST])),
        properties=names,
        fields=tuple(f"properties.{name}" for name in names),
    )
