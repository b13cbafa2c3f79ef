"""Keep the traits of people and groups by the rule of `analytics/traits.py`.

Every protocol says the same with an event: of kind identify, its properties are traits of the person; of kind
group, of the group that `group_id` names (`company:acme` where a protocol's groups have types). Null among them
unsets a trait. Traits that only hold until somebody sets them stand in the event's context: the object `set_once`.
The traits of an identify belong to its user id where it has one, also on a device that is somebody else's.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from django.db import connection
from psycopg import sql

from analytics.contracts import Event, Kind
from analytics.ingestion import cleaning
from analytics.ingestion.refusal import Refused
from analytics.models import GroupTraits, PersonLink, PersonTraits
from analytics.people import ids_of, linkable
from analytics.sightings import moment
from analytics.traits import Profile

_FIELDS = ("traits", "ranks", "first_seen", "last_seen")
_KEYS = {PersonTraits: "person", GroupTraits: "group"}
# One JSON document for all rows: four times as fast as the ORM with its rows of values.
_UPSERT = sql.SQL(
    """
    INSERT INTO {table} (project_id, {key}, traits, ranks, first_seen, last_seen)
    SELECT %s, told.*
    FROM jsonb_to_recordset(%s::jsonb)
        AS told(key text, traits jsonb, ranks jsonb, first_seen timestamptz, last_seen timestamptz)
    ON CONFLICT (project_id, {key}) DO UPDATE
    SET traits = excluded.traits, ranks = excluded.ranks,
        first_seen = excluded.first_seen, last_seen = excluded.last_seen
    """
)

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode

# An event that describes somebody, and the traits among its properties.
Told = tuple[Event, Mapping[str, Any]]


def learn(*, project_id: int, events: Sequence[Event], properties: Sequence[Mapping[str, Any]]) -> None:
    """Take in the traits of a batch of stored events, after its links were written; `properties` in parallel.

    Where two people have become one, their traits do, too. The caller holds the project's manifest.
    """
    told: dict[str, list[Told]] = {Kind.IDENTIFY: [], Kind.ALIAS: [], Kind.GROUP: []}
    for event, row in zip(events, properties, strict=True):
        if event.kind in told:
            told[event.kind].append((event, row))
    if told[Kind.IDENTIFY] or told[Kind.ALIAS]:
        aliases = [event for event, _ in told[Kind.ALIAS]]
        _learn_people(project_id, told[Kind.IDENTIFY], aliases)
    if told[Kind.GROUP]:
        _learn_groups(project_id, told[Kind.GROUP])


def _learn_people(project_id: int, told: Sequence[Told], aliases: Sequence[Event]) -> None:
    ids = ids_of([*(event for event, _ in told), *aliases])
    links = PersonLink.objects.filter(project_id=project_id, alias__among=ids)
    person_of = {identifier: identifier for identifier in ids} | dict(links.values_list("alias", "person"))
    people = set(person_of.values())
    rows = PersonTraits.objects.filter(project_id=project_id)
    profiles = _profiles(rows.filter(person__among=people).values_list("person", *_FIELDS))
    changed = _merge(project_id, people, profiles)
    named = [(person_of.get(event.user_id or event.anonymous_id), event, row) for event, row in told]
    changed |= _tell(profiles, named)
    _write(PersonTraits, project_id, profiles, changed)


def _merge(project_id: int, people: Iterable[str], profiles: dict[str, Profile]) -> set[str]:
    """Move the traits of whoever has become one of these people into theirs; who gained by it."""
    aliases = PersonLink.objects.filter(project_id=project_id, person__among=people)
    rows = PersonTraits.objects.filter(project_id=project_id, person__in=aliases.values("alias"))
    absorbed = _profiles(rows.values_list("person", *_FIELDS))
    if not absorbed:
        return set()
    person_of = dict(aliases.filter(alias__among=absorbed.keys()).values_list("alias", "person"))
    for alias in sorted(absorbed):
        person = person_of[alias]
        profiles[person] = absorbed[alias].and_then(profiles.get(person, Profile()))
    PersonTraits.objects.filter(project_id=project_id, person__among=absorbed.keys()).delete()
    return set(person_of.values())


def _learn_groups(project_id: int, told: Sequence[Told]) -> None:
    named = [(event.group_id if linkable(event.group_id) else None, event, row) for event, row in told]
    rows = GroupTraits.objects.filter(project_id=project_id, group__among={key for key, _, _ in named if key})
    profiles = _profiles(rows.values_list("group", *_FIELDS))
    _write(GroupTraits, project_id, profiles, _tell(profiles, named))


def _tell(profiles: dict[str, Profile], told: Iterable[tuple[str | None, Event, Mapping[str, Any]]]) -> set[str]:
    """Take in what was told of whom, in the order of arrival; the keys of the profiles that it touched."""
    touched = set()
    for key, event, row in told:
        traits, once = _clean(row), _clean(_set_once(event))
        if key is not None and (traits or once):
            profile = profiles.setdefault(key, Profile())
            profile.learn(traits, event.time)
            profile.learn(once, event.time, once=True)
            profile.seen(moment(event.time))
            touched.add(key)
    return touched


def _set_once(event: Event) -> object:
    # Most contexts have none, and are not read for it.
    return _decode(event.context).get("set_once") if '"set_once"' in event.context else None


def _clean(traits: object) -> dict[str, Any]:
    """What PostgreSQL can hold; nothing where these are no traits."""
    try:
        return cleaning.properties(traits, "traits")
    except Refused:
        return {}


def _profiles(rows: Iterable[tuple[Any, ...]]) -> dict[str, Profile]:
    return {key: Profile(*facts) for key, *facts in rows}


def _write(
    model: type[PersonTraits] | type[GroupTraits],
    project_id: int,
    profiles: Mapping[str, Profile],
    keys: Iterable[str],
) -> None:
    """Insert or replace the rows of these keys, in their order."""
    rows = [{"key": key, **{name: getattr(profiles[key], name) for name in _FIELDS}} for key in sorted(keys)]
    names = {"table": model._meta.db_table, "key": _KEYS[model]}
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(
                _UPSERT.format(**{name: sql.Identifier(value) for name, value in names.items()}),
                [project_id, _encode(rows).decode()],
            )
