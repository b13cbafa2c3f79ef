"""Lists of events, people and groups, a page at a time; people and groups lead to their pages. No Django here."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from analytics.kinds.base import By, Spec
from analytics.kinds.explorer import EventsResult, EventsSpec
from analytics.kinds.profiles import GroupsResult, GroupsSpec, PeopleResult, PeopleSpec
from analytics.templatetags.formats import moment, number
from analytics.views.explore.blocks import Block, Column, NamesBlock, TableBlock
from analytics.views.explore.links import Links
from analytics.views.labels import field_label
from analytics.views.values import value_label

_LONGEST = 200
# Traits that say who somebody is, and what their columns are called.
_CALLED = {"name": "Name", "email": "E-mail"}


def people(spec: PeopleSpec, result: PeopleResult, zone: ZoneInfo, links: Links) -> tuple[Block, ...]:
    if not result.people:
        return ()
    called = _called([row.traits for row in result.people])
    numbers, texts = ("Events", "Sessions"), ("Country", "Source", "Device")
    rows = (
        (
            row.person,
            *(str(row.traits.get(name, "")) for name in called),
            *_seen(row.last_seen, row.first_seen, zone),
            number(row.events),
            number(row.sessions),
            *(value_label(name.lower(), getattr(row, name.lower())) for name in texts),
        )
        for row in result.people
    )
    head = _columns(["Person", *(_CALLED[name] for name in called), "Last seen", "First seen"], numbers, texts)
    label = f"{number(result.total)} {'person' if result.total == 1 else 'people'}"
    return (
        TableBlock(
            label,
            head,
            tuple(rows),
            hrefs=tuple(links.profile(row.person) for row in result.people),
            links=_pages(spec, spec.after, result.next, links),
        ),
    )


def groups(spec: GroupsSpec, result: GroupsResult, zone: ZoneInfo, links: Links) -> tuple[Block, ...]:
    if not result.groups:
        return ()
    called = _called([row.traits for row in result.groups])
    rows = (
        (
            row.group,
            *(str(row.traits.get(name, "")) for name in called),
            *_seen(row.last_seen, row.first_seen, zone),
            *map(number, (row.people, row.events, row.sessions)),
        )
        for row in result.groups
    )
    head = _columns(
        ["Group", *(_CALLED[name] for name in called), "Last seen", "First seen"], ("People", "Events", "Sessions")
    )
    return (
        TableBlock(
            f"{number(result.total)} group{'' if result.total == 1 else 's'}",
            head,
            tuple(rows),
            hrefs=tuple(links.profile(row.group, By.GROUP) for row in result.groups),
            links=_pages(spec, spec.after, result.next, links),
        ),
    )


def events(spec: EventsSpec, result: EventsResult, zone: ZoneInfo, links: Links) -> tuple[Block, ...]:
    if not result.events:
        return ()
    names = list(spec.columns)
    rows = tuple(
        (moment(row.time.astimezone(zone)), *(_value(name, row.columns[name]) for name in names))
        for row in result.events
    )
    knows_who = "person" in names
    return (
        TableBlock(
            "Events",
            _columns(["Time", *map(field_label, names)]),
            rows,
            hrefs=tuple(links.profile(row.columns["person"]) for row in result.events) if knows_who else (),
            linked=names.index("person") + 1 if knows_who else 0,
            links=_pages(spec, spec.after, result.next, links),
        ),
    )


def named(
    label: str, names: Sequence[str], by: By, links: Links, pages: tuple[tuple[str, str], ...]
) -> NamesBlock:
    """People, or groups, of whom only the names are known."""
    return NamesBlock(label, tuple((name, links.profile(name, by)) for name in names), pages)


def offset_pages(
    spec: Spec, asked: Any, shown: int, links: Links, other: tuple[str, str]
) -> tuple[tuple[str, str], ...]:
    """Links around a page of the people of a step or a cell, and to the `other` people: words, and `which`."""
    own = asked.model_dump(mode="json", exclude_defaults=True)
    found = []
    if asked.offset:
        found.append(("Previous", {**own, "offset": max(0, asked.offset - asked.limit)}))
    if shown == asked.limit:
        found.append(("Next", {**own, "offset": asked.offset + asked.limit}))
    if other[1]:
        found.append((other[0], {**own, "which": other[1], "offset": 0}))
    return tuple((text, f"{links.question(spec, {'people': page})}#answer") for text, page in found)


def _called(traits: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Of the traits that say who somebody is, those that somebody here has."""
    return tuple(name for name in _CALLED if any(name in one for one in traits))


def _seen(last: datetime, first: datetime, zone: ZoneInfo) -> tuple[str, str]:
    return moment(last.astimezone(zone)), moment(first.astimezone(zone))


def _columns(texts: Sequence[str], numbers: Sequence[str] = (), more: Sequence[str] = ()) -> tuple[Column, ...]:
    return (
        *(Column(name, False) for name in texts),
        *(Column(name, True) for name in numbers),
        *(Column(name, False) for name in more),
    )


def _pages(spec: Spec, after: str, following: str, links: Links) -> tuple[tuple[str, str], ...]:
    """The first page, where this is a later one, and the next."""
    first = (("First page", links.question(spec, {"after": ""})),) if after else ()
    return (*first, ("Next page", links.question(spec, {"after": following}))) if following else first


def _value(name: str, value: Any) -> str:
    if isinstance(value, Mapping):
        value = ", ".join(f"{key}: {one}" for key, one in value.items())
        return value if len(value) <= _LONGEST else f"{value[: _LONGEST - 1]}…"
    return value_label(name, value) if name == "country" and value else str(value or "")
