"""Learn a project's events and properties from what arrives; people describe and hide them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import QuerySet

from accounts.access import Actor
from accounts.audited import Action, Target
from accounts.errors import FieldError, Invalid
from analytics.contracts import Event
from analytics.models import EventDefinition, EventProperty, PropertyDefinition, PropertyReading
from analytics.models.definitions import LONGEST_DESCRIPTION, LONGEST_NAME
from analytics.services import trail
from analytics.sightings import EventKey, PropertyKey, ReadingKey, Seen, observe

# What a project may have of each. What comes beyond is stored and can be queried, but is not listed.
MOST_EVENTS = 2_000
MOST_PROPERTIES = 5_000
MOST_PAIRS = 50_000
# Of more names in one batch, the most frequent are looked at.
MOST_AT_ONCE = 10_000
_SEEN = ("volume", "first_seen", "last_seen")

_Key = TypeVar("_Key", EventKey, PropertyKey)


def learn(*, project_id: int, events: Sequence[Event], properties: Sequence[Mapping[str, Any]]) -> None:
    """Count what a batch of stored events had; `properties` are those of the events, in the same order.

    The caller holds the project's manifest, so that one batch is counted at a time; rows are written in the order
    of their names.
    """
    if not events:
        return
    observed = observe(events, properties)
    event_ids = _learn_events(project_id, _listed(observed.events))
    property_ids = _learn_properties(project_id, observed.readings)
    pairs = {
        (event_ids[event], property_ids[definition])
        for event, definition in observed.pairs
        if event in event_ids and definition in property_ids
    }
    _learn_pairs(project_id, pairs)


@transaction.atomic
def describe(
    *,
    definition: EventDefinition | PropertyDefinition,
    actor: Actor,
    description: str | None = None,
    hidden: bool | None = None,
) -> None:
    """Change what people say of an event or property; None leaves it as it is.

    Raises Invalid for a description that is too long.
    """
    if description is not None and len(description) > LONGEST_DESCRIPTION:
        message = f"Is longer than {LONGEST_DESCRIPTION} characters."
        raise Invalid("The description is too long.", fields=[FieldError("description", message)])
    given = {"description": description, "hidden": hidden}
    changed = {name: value for name, value in given.items() if value is not None}
    before = {name: getattr(definition, name) for name in changed}
    for name, value in changed.items():
        setattr(definition, name, value)
    definition.save(update_fields=list(changed))
    is_event = isinstance(definition, EventDefinition)
    trail.note_change(
        action=Action.EVENT_CHANGED if is_event else Action.PROPERTY_CHANGED,
        actor=actor,
        project=definition.project,
        target=Target(definition.pk, definition.name),
        before=before,
        after=changed,
    )


@transaction.atomic
def mark(*, definition: PropertyDefinition, actor: Actor, is_sensitive: bool) -> None:
    """Say whether its values are for those alone who may see what is sensitive. It holds at once."""
    before = definition.is_sensitive
    definition.is_sensitive = is_sensitive
    definition.save(update_fields=["is_sensitive"])
    trail.note_change(
        action=Action.PROPERTY_MARKED,
        actor=actor,
        project=definition.project,
        target=Target(definition.pk, definition.name),
        before={"sensitive": before},
        after={"sensitive": is_sensitive},
    )


def _learn_events(project_id: int, seen: Mapping[EventKey, Seen]) -> dict[EventKey, int]:
    """Add to what is known; the id of each event that is listed."""
    rows = EventDefinition.objects.filter(project_id=project_id)
    known = {
        EventKey(name, kind): Seen(*facts)
        for name, kind, *facts in rows.filter(name__in={key.name for key in seen}).values_list(
            "name", "kind", *_SEEN
        )
    }
    chosen = _with_room(seen, known, rows, MOST_EVENTS)
    written = EventDefinition.objects.bulk_create(
        [
            EventDefinition(project_id=project_id, **key._asdict(), **_facts(seen[key] | known.get(key)))
            for key in chosen
        ],
        update_conflicts=True,
        unique_fields=("project", "name", "kind"),
        update_fields=_SEEN,
    )
    return {key: row.pk for key, row in zip(chosen, written, strict=True)}


def _learn_properties(project_id: int, seen: Mapping[ReadingKey, Seen]) -> dict[PropertyKey, int]:
    """Add to what is known; the id of each property that is listed."""
    volumes: dict[PropertyKey, Seen] = {}
    for key, facts in seen.items():
        volumes[key.definition] = facts | volumes.get(key.definition)
    listed = _listed(volumes)
    ids: dict[PropertyKey, int] = {}
    known: dict[ReadingKey, Seen] = {}
    found = PropertyReading.objects.filter(
        definition__project_id=project_id, definition__name__in={key.name for key in listed}
    )
    for pk, name, subject, type_, *facts in found.values_list(
        "definition_id", "definition__name", "definition__subject", "type", *_SEEN
    ):
        ids[PropertyKey(name, subject)] = pk
        known[ReadingKey(PropertyKey(name, subject), type_)] = Seen(*facts)
    ids |= _new_properties(project_id, listed, ids)
    _write_readings({key: facts | known.get(key) for key, facts in seen.items() if key.definition in ids}, ids)
    return ids


def _new_properties(
    project_id: int, seen: Mapping[PropertyKey, Seen], ids: Mapping[PropertyKey, int]
) -> dict[PropertyKey, int]:
    rows = PropertyDefinition.objects.filter(project_id=project_id)
    new = [key for key in _with_room(seen, ids, rows, MOST_PROPERTIES) if key not in ids]
    written = PropertyDefinition.objects.bulk_create(
        [PropertyDefinition(project_id=project_id, **key._asdict()) for key in new]
    )
    return {key: row.pk for key, row in zip(new, written, strict=True)}


def _write_readings(seen: Mapping[ReadingKey, Seen], ids: Mapping[PropertyKey, int]) -> None:
    PropertyReading.objects.bulk_create(
        [
            PropertyReading(definition_id=ids[key.definition], type=key.type, **_facts(seen[key]))
            for key in sorted(seen)
        ],
        update_conflicts=True,
        unique_fields=("definition", "type"),
        update_fields=_SEEN,
    )


def _learn_pairs(project_id: int, pairs: set[tuple[int, int]]) -> None:
    rows = EventProperty.objects.filter(event__project_id=project_id)
    found = EventProperty.objects.filter(
        event_id__in={event for event, _ in pairs}, definition_id__in={definition for _, definition in pairs}
    )
    new = sorted(pairs.difference(found.values_list("event_id", "definition_id")))
    if new:
        room = max(0, MOST_PAIRS - rows.count())
        EventProperty.objects.bulk_create(
            [EventProperty(event_id=event, definition_id=definition) for event, definition in new[:room]]
        )


def _with_room(seen: Mapping[_Key, Seen], known: Iterable[_Key], rows: "QuerySet[Any]", most: int) -> list[_Key]:
    """In their order: what is known, and of what is new as much as may be added, the most frequent first."""
    new = set(seen).difference(known)
    if not new:
        return sorted(seen)
    room = max(0, most - rows.count())
    return sorted(set(seen) - set(sorted(new, key=lambda key: (-seen[key].volume, key))[room:]))


def _listed(seen: Mapping[_Key, Seen]) -> dict[_Key, Seen]:
    """Those whose names a list can hold, the most frequent where there are many."""
    fitting = {
        key: facts for key, facts in seen.items() if 0 < len(key.name) <= LONGEST_NAME and "\0" not in key.name
    }
    most = sorted(fitting, key=lambda key: (-fitting[key].volume, key))[:MOST_AT_ONCE]
    return {key: fitting[key] for key in most}


def _facts(seen: Seen) -> dict[str, Any]:
    return {"volume": seen.volume, "first_seen": seen.first, "last_seen": seen.last}
