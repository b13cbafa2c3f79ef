"""Random events that look for trouble: ties, edges of sessions and days, aliases, odd names and odd properties."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from analytics.contracts import Event
from tests.analytics.events import micros

# Zones with a day on which the clock is put forward or back.
PLACES = [
    ("UTC", date(2026, 3, 1)),
    ("Europe/Berlin", date(2026, 3, 29)),
    ("Europe/Berlin", date(2026, 10, 25)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("America/Havana", date(2026, 3, 8)),
    ("America/St_Johns", date(2026, 11, 1)),
    ("Asia/Kolkata", date(2026, 5, 31)),
    ("Pacific/Apia", date(2011, 12, 30)),
]
PATHS = ["/", "/a", "/b", "/ä?x=1", ""]
SOURCES = ["Direct", "Google", "Zürich News"]
COUNTRIES = ["DE", "US", ""]
NAMES = ["Buy", "Sign up", "Größe geändert"]
PROPERTIES: dict[str, list[Any]] = {
    "price": [0, 1, 2.5, -3, 10**20, "12", "free", True, None, [1]],
    "Price": [7, "x"],
    "größe": ["S", "M", "XL\"'", "", False],
    "currency": ["USD", "usd", "Eur", "€", 978],
}
GROUPS = ["", "", "acme", "Größe AG"]
# By the instant, so that of two at once it does not matter which wins.
TRAITS: list[dict[str, Any]] = [
    {"plan": "pro", "seats": 3},
    {"plan": "free", "Größe": 'a"b\n,c'},
    {"plan": True, "seats": "12"},
    {"plan": None},
    {"plan": "", "seats": 2.5},
    {"plan": ["a"], "seats": 10**20},
]
STEPS = [
    timedelta(0),
    timedelta(microseconds=1),
    timedelta(minutes=7),
    timedelta(minutes=30),
    timedelta(minutes=30, microseconds=1),
    timedelta(hours=2),
    timedelta(hours=11),
]
ANONYMOUS = ["a1", "a2", "a3", ""]
USERS = ["u1", "u2", "ü3"]


@st.composite
def scenes(draw: st.DrawFn) -> "tuple[str, date, list[Event]]":
    """A zone, a day on which something happens there, and events around it in the order of arrival."""
    zone, day = draw(st.sampled_from(PLACES))
    at = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=draw(st.integers(0, 40)))
    events: list[Event] = []
    for number in range(draw(st.integers(0, 45))):
        at += draw(st.sampled_from(STEPS))
        events.append(draw(single(at, f"m{number:03}")))
    if draw(st.booleans()):
        events += _machine(at - timedelta(days=2))
    shuffled = draw(st.permutations(events)) if len(events) < 60 and draw(st.booleans()) else events
    again = draw(st.lists(st.sampled_from(shuffled), max_size=3)) if shuffled else []
    return zone, day, [*shuffled, *again]


def _machine(at: datetime) -> list[Event]:
    """Somebody who never pauses: longer than a session may be, twice."""
    return [
        Event(
            message_id=f"x{number:03}", kind="page", name="page", time=micros(at + number * timedelta(minutes=30)),
            received_at=micros(at), anonymous_id="robot", path=PATHS[number % 3], source=SOURCES[number % 2],
        )
        for number in range(110)
    ]  # fmt: skip


@st.composite
def single(draw: st.DrawFn, at: datetime, message_id: str) -> Event:
    kind = draw(
        st.sampled_from(["track", "track", "page", "page", "screen", "identify", "alias", "group", "passive"])
    )
    anonymous, user = draw(st.sampled_from(ANONYMOUS)), draw(st.sampled_from(["", *USERS]))
    if kind in {"identify", "alias"}:
        user = user or "u1"
    group = draw(st.sampled_from(GROUPS))
    told = TRAITS[micros(at) % len(TRAITS)] if kind in {"identify", "group"} else draw(properties())
    return Event(
        message_id=message_id,
        kind=kind,
        name=draw(st.sampled_from(NAMES)) if kind in {"track", "passive"} else kind,
        time=micros(at),
        received_at=micros(at) + draw(st.integers(0, 1)),
        anonymous_id=anonymous if anonymous or user else "a1",
        user_id=user,
        previous_id=draw(st.sampled_from([*ANONYMOUS[:3], *USERS])) if kind == "alias" else "",
        path=draw(st.sampled_from(PATHS)),
        source=draw(st.sampled_from(SOURCES)),
        country=draw(st.sampled_from(COUNTRIES)),
        group_id=group or ("acme" if kind == "group" else ""),
        properties=json.dumps(told),
    )


def properties() -> st.SearchStrategy[dict[str, Any]]:
    one = st.sampled_from([(name, value) for name, values in PROPERTIES.items() for value in values])
    return st.lists(one, max_size=3).map(dict)


def filters(*, of_sessions: bool, of_cohorts: bool = True) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Filters and groups of them, of everything that there is; with entry and exit pages where asked for.

    Cohorts are called by their places in the scene (`cohorts.PLACES`).
    """
    return _FILTERS[of_sessions, of_cohorts]


def _single(*, of_sessions: bool, of_cohorts: bool) -> st.SearchStrategy[dict[str, Any]]:
    texts = {"path": PATHS, "source": SOURCES, "country": COUNTRIES, "name": NAMES, "kind": ["page", "track"]}
    if of_sessions:
        texts |= {"entry_path": PATHS, "exit_path": PATHS}
    known = [
        st.fixed_dictionaries({
            "field": st.just(field),
            "operator": st.sampled_from(["is", "is_not", "contains", "does_not_contain"]),
            "values": st.lists(st.sampled_from(values), min_size=1, max_size=2),
        })
        for field, values in texts.items()
    ]  # fmt: skip
    set_or_not = st.fixed_dictionaries({
        "field": st.sampled_from([*texts, "properties.price", "properties.größe", "person.plan", "group.seats"]),
        "operator": st.sampled_from(["is_set", "is_not_set"]),
    })  # fmt: skip
    typed = st.sampled_from([
        {"field": "properties.price", "operator": "greater", "values": [0]},
        {"field": "properties.price", "operator": "less", "values": ["2.5"]},
        {"field": "properties.price", "operator": "between", "values": [0, 2.5]},
        {"field": "properties.price", "operator": "is", "values": ["12", True]},
        {"field": "properties.price", "operator": "is_not", "values": ["1", 2.5, "free"]},
        {"field": "properties.größe", "operator": "contains", "values": ["X", "als"]},
        {"field": "path", "operator": "matches", "values": ["^/.", "x=[0-9]$"]},
        {"field": "group_id", "operator": "is", "values": ["acme"]},
        {"field": "person", "operator": "is_not", "values": ["u1", "a2"]},
        {"field": "person.plan", "operator": "is", "values": ["pro", True]},
        {"field": "person.plan", "operator": "is_not", "values": ["free", ""]},
        {"field": "person.seats", "operator": "greater", "values": [2.5]},
        {"field": "person.Größe", "operator": "contains", "values": ["\n,"]},
        {"field": "group.plan", "operator": "is", "values": ["pro", "free"]},
        {"field": "group.seats", "operator": "between", "values": [1, 3]},
        {"field": "group.nowhere", "operator": "is_not", "values": ["x"]},
    ])  # fmt: skip
    in_cohorts = [
        st.fixed_dictionaries({
            "field": st.just("person"),
            "operator": st.sampled_from(["in_cohort", "not_in_cohort"]),
            "values": st.sampled_from([[1], [2], [1, 2]]),
        }),
        st.sampled_from([
            {"field": "cohort.1", "operator": "is", "values": ["in"]},
            {"field": "cohort.2", "operator": "is_not", "values": ["in", "elsewhere"]},
        ]),
    ]  # fmt: skip
    return st.one_of(*known, set_or_not, typed, typed, *(in_cohorts if of_cohorts else []))


def _grouped(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    several = st.lists(inner, min_size=1, max_size=3)
    return st.one_of(
        several.map(lambda own: {"any": own}),
        several.map(lambda own: {"all": own}),
        inner.map(lambda own: {"not": own}),
    )


def _lists(*, of_sessions: bool, of_cohorts: bool) -> st.SearchStrategy[list[dict[str, Any]]]:
    single = _single(of_sessions=of_sessions, of_cohorts=of_cohorts)
    one_deep = st.one_of(single, single, _grouped(single))
    return st.lists(st.one_of(single, single, _grouped(one_deep)), max_size=2)


_FILTERS = {
    (of_sessions, of_cohorts): _lists(of_sessions=of_sessions, of_cohorts=of_cohorts)
    for of_sessions in (False, True)
    for of_cohorts in (False, True)
}


def periods(day: date) -> st.SearchStrategy[dict[str, Any]]:
    """Some days around that day, and the period names that meet it."""
    around = st.tuples(st.integers(-3, 1), st.integers(0, 3)).map(
        lambda pair: {"from": str(day + timedelta(days=pair[0])), "to": str(day + timedelta(days=sum(pair)))}
    )
    return st.one_of(
        around, st.sampled_from(["today", "yesterday", "7d", "this_month"]).map(lambda last: {"last": last})
    )


def moments(zone: str, day: date) -> st.SearchStrategy[datetime]:
    """When the question is asked: in the middle of things."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    return st.integers(0, 60).map(lambda hours: midnight + timedelta(hours=hours, minutes=20))
