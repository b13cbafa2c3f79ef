"""Events as the definitions speak of them: each with its person and, in a period, its session."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from analytics.contracts import Event
from analytics.kinds.filters import AllOf, AnyOf, Condition, Filter, Not
from analytics.periods import Days

# What a session has one value of, and all its events with it.
SESSION_FIELDS = {
    "source", "channel", "utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "referrer_host",
    "country", "device", "browser", "os", "entry_path", "exit_path",
}  # fmt: skip
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class World:
    """What is known of people and groups now, by their texts; whose linked ids are; who is in which cohort; and
    everything stored.
    """

    traits: dict[str, dict[str, Any]] = field(default_factory=dict)
    groups: dict[str, dict[str, Any]] = field(default_factory=dict)
    linked: dict[str, str] = field(default_factory=dict)
    cohorts: dict[int, set[str]] = field(default_factory=dict)
    facts: "list[Fact]" = field(default_factory=list)


@dataclass
class Fact:
    """One stored event. `person` is who is counted: by group, the group; `owner` is the person also then."""

    event: Event
    person: str
    at: datetime
    session: "list[Fact]" = field(default_factory=list)
    owner: str = ""
    world: World = field(default_factory=World, repr=False)
    by: str = "person"

    @property
    def is_view(self) -> bool:
        return self.event.kind in {"page", "screen"}

    @property
    def is_custom(self) -> bool:
        return self.event.kind == "track"

    @property
    def properties(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.event.properties)
        return found


def stored(events: Sequence[Event]) -> list[Fact]:
    """The events that are kept, in the order of arrival: of equal message ids the first."""
    seen: dict[str, Event] = {}
    for event in events:
        seen.setdefault(event.message_id, event)
    people = People()
    for event in seen.values():
        people.learn(event)
    world = World(linked=people.linked)
    for event in seen.values():
        at, person = EPOCH + timedelta(microseconds=event.time), people.person_of(event)
        world.facts.append(Fact(event, person, at, owner=person, world=world))
    learn_traits(world, people)
    return world.facts


def learn_traits(world: World, people: "People") -> None:
    """Of each trait the value of the latest event wins."""
    for fact in sorted(world.facts, key=lambda fact: fact.at):
        if fact.event.kind == "identify":
            name = people.name(fact.event.user_id or fact.event.anonymous_id)
            world.traits.setdefault(name, {}).update(fact.properties)
        elif fact.event.kind == "group":
            world.groups.setdefault(fact.event.group_id, {}).update(fact.properties)


def asked_by(facts: Sequence[Fact], by: str) -> list[Fact]:
    """The events as they count by person, or by group: of the group that they name, without those of none."""
    if by == "person":
        return list(facts)
    return [replace(fact, person=fact.event.group_id, by=by) for fact in facts if fact.event.group_id]


class People:
    """Who is one person: each linked id with the person it belongs to."""

    def __init__(self) -> None:
        self.linked: dict[str, str] = {}

    def name(self, identifier: str) -> str:
        return self.linked.get(identifier, identifier)

    def learn(self, event: Event) -> None:
        if event.kind == "identify" and event.anonymous_id not in self.linked:
            self.one_person(event.anonymous_id, self.name(event.user_id))
        elif event.kind == "alias":
            self.one_person(self.name(event.previous_id), self.name(event.user_id))

    def one_person(self, old: str, new: str) -> None:
        if not old or not new or old == new:
            return
        for identifier, person in self.linked.items():
            if person == old:
                self.linked[identifier] = new
        self.linked[old] = new

    def person_of(self, event: Event) -> str:
        if event.anonymous_id in self.linked:
            return self.linked[event.anonymous_id]
        return self.name(event.user_id) if event.user_id else event.anonymous_id


def within(facts: Sequence[Fact], first: date, last: date, zone: ZoneInfo) -> list[Fact]:
    """The events of some days, with their sessions."""
    return in_sessions(facts, lambda fact: first <= fact.at.astimezone(zone).date() <= last)


def since(facts: Sequence[Fact], days: Days, before: timedelta, zone: ZoneInfo) -> list[Fact]:
    """The events of some days and of a time before them, with their sessions."""
    start = datetime(days.first.year, days.first.month, days.first.day, tzinfo=zone).astimezone(UTC)
    return in_sessions(
        facts, lambda fact: fact.at >= start - before and fact.at.astimezone(zone).date() <= days.last
    )


def in_sessions(facts: Sequence[Fact], which: Callable[[Fact], bool]) -> list[Fact]:
    """The events of a time, with their sessions formed of a person's events in it, and of nothing else.

    By group, a session's `person` is the group of its first event that names one, and so is that of those of its
    events that name none; these are in the sessions, but not among the events.
    """
    if not facts:
        return []
    by = facts[0].by
    everything = facts if by == "person" else facts[0].world.facts
    chosen = [replace(fact, session=[]) for fact in everything if which(fact)]
    chosen.sort(key=lambda fact: (fact.owner, fact.at, fact.event.received_at, fact.event.message_id))
    session: list[Fact] = []
    for fact in chosen:
        if not session or not _continues(session, fact):
            session = []
        session.append(fact)
        fact.session = session
    if by == "person":
        return chosen
    for fact in chosen:
        named = [other.event.group_id for other in fact.session if other.event.group_id]
        fact.person = fact.event.group_id or (named[0] if named else "")
    return [fact for fact in chosen if fact.event.group_id]


def _continues(session: list[Fact], fact: Fact) -> bool:
    return (
        session[0].owner == fact.owner
        and fact.at - session[-1].at <= timedelta(minutes=30)
        and fact.at - session[0].at <= timedelta(hours=24)
    )


def sessions_of(facts: Sequence[Fact]) -> list[list[Fact]]:
    return list({id(fact.session): fact.session for fact in facts}.values())


def session_value(session: list[Fact], name: str) -> str:
    """The value that a session has of a field: of its person's, whether they are in a cohort."""
    if name.startswith("cohort."):
        return str(value_of(session[0], name))
    if name not in {"entry_path", "exit_path"}:
        return str(getattr(session[0].event, name))
    views = [fact for fact in session if fact.is_view]
    if not views:
        return ""
    return views[0 if name == "entry_path" else -1].event.path


def passes(value: Any, item: Filter) -> bool:
    """Whether a value (None: not there) passes a filter."""
    if item.operator.value.startswith(("is_not", "does_not")):
        positive = {"is_not": "is", "does_not_contain": "contains", "is_not_set": "is_set"}[item.operator]
        return not _holds(value, positive, item.values)
    return _holds(value, item.operator, item.values)


def _holds(value: Any, operator: str, wanted: Sequence[Any]) -> bool:
    if operator == "is_set":
        return value is not None
    number = None if isinstance(value, str | None) else float(value)
    text = {True: "true", False: "false"}[value] if isinstance(value, bool) else value
    text = text if isinstance(text, str) else None
    if operator in {"greater", "less", "between"}:
        bounds = [float(bound) for bound in wanted]
        if number is None:
            return False
        if operator == "between":
            return bounds[0] <= number <= bounds[1]
        return number > bounds[0] if operator == "greater" else number < bounds[0]
    return any(_matches(text, number, operator, one) for one in wanted)


def _matches(text: str | None, number: float | None, operator: str, one: Any) -> bool:
    as_text = str(one).lower() if isinstance(one, bool) else f"{one:g}" if isinstance(one, float) else one
    if operator == "contains":
        return text is not None and as_text in text
    if operator == "matches":
        return text is not None and re.search(as_text, text) is not None
    if text is not None and text == as_text:
        return True
    return number is not None and not isinstance(one, bool) and _reads_as(one) == number


def _reads_as(one: Any) -> float | None:
    try:
        return float(one)
    except ValueError:
        return None


def value_of(fact: Fact, name: str) -> Any:
    """An event's value of a field: text for a column, what was sent for a property; None where it has none."""
    if name == "person":
        return fact.owner
    if name in SESSION_FIELDS:
        return session_value(fact.session, name)
    whose, _, key = name.partition(".")
    if whose == "cohort":
        return "in" if fact.owner in fact.world.cohorts[int(key)] else "not in"
    known = {
        "properties": fact.properties,
        "person": fact.world.traits.get(fact.owner, {}),
        "group": fact.world.groups.get(fact.event.group_id, {}),
    }
    if whose not in known:
        return getattr(fact.event, name)
    value = known[whose].get(key)
    return value if isinstance(value, str | int | float) else None


def keeps(fact: Fact, item: Condition) -> bool:
    """Whether an event passes a filter or a group of filters."""
    return judged(item, lambda name: value_of(fact, name))


def judged(item: Condition, value: Callable[[str], Any]) -> bool:
    """Whether something with these values of fields passes a filter or a group of filters."""
    if isinstance(item, AnyOf):
        return any(judged(one, value) for one in item.any)
    if isinstance(item, AllOf):
        return all(judged(one, value) for one in item.all)
    if isinstance(item, Not):
        return not judged(item.negated, value)
    if "cohort" in item.operator:
        is_in = any(value(f"cohort.{int(one)}") == "in" for one in item.values)
        return is_in == (item.operator == "in_cohort")
    found = value(item.field)
    return passes(
        found or None if "set" in item.operator and found == "" and "." not in item.field else found, item
    )


def fields_in(item: Condition) -> set[str]:
    """The fields that a filter, or a group of filters, looks at."""
    if isinstance(item, Filter):
        return {item.field}
    inner = item.any if isinstance(item, AnyOf) else item.all if isinstance(item, AllOf) else [item.negated]
    return set().union(*(fields_in(one) for one in inner))


def label(at: datetime, interval: str, zone: ZoneInfo, first_weekday: int) -> Any:
    """The name of the interval that an instant is in; repeated hours have two."""
    wall = at.astimezone(zone)
    if interval == "hour":
        return (wall.date(), wall.hour, wall.fold)
    if interval == "day":
        return wall.date()
    if interval == "month":
        return (wall.year, wall.month)
    return wall.date() - timedelta(days=(wall.weekday() - first_weekday) % 7)


@lru_cache(maxsize=4096)
def labels(first: date, last: date, interval: str, zone: ZoneInfo, first_weekday: int) -> tuple[Any, ...]:
    """The intervals of some days in order, found by looking every quarter of an hour."""
    at = datetime(first.year, first.month, first.day, tzinfo=UTC) - timedelta(days=2)
    end = datetime(last.year, last.month, last.day, tzinfo=UTC) + timedelta(days=3)
    found: dict[Any, None] = {}
    while at < end:
        if first <= at.astimezone(zone).date() <= last:
            found[label(at, interval, zone, first_weekday)] = None
        at += timedelta(minutes=15)
    return tuple(found)
