"""Rows of people and of groups, asked of a reading. No Django here.

Both are made of parts: what somebody has in one session, `key` (the person's number, or the group), `who`,
`session`, `events`, `first` and `last`. No two of one key are of one session, which is of one person.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import ibis
import ibis.expr.types as ir

from analytics.contracts import number_of
from analytics.kinds.base import By
from analytics.kinds.events import events_of, fields_of, keep, wanted_of
from analytics.kinds.people import names_of
from analytics.kinds.profiles.spec import (
    Direction,
    GroupSort,
    GroupsSpec,
    PeopleSpec,
    PersonSort,
    Place,
    ProfilesSpec,
    place_of,
)
from analytics.periods import Span
from analytics.store.base import EPOCH, Reading, Wanted, micros

GROUP = "group_id"
LAST_FIELDS = ("country", "source", "device")
_COLUMNS = {"last_seen": "last", "first_seen": "first"}


@dataclass(frozen=True, slots=True)
class Row:
    """One row; `key` as it stands in the reading; `people` are a group's, a person is one."""

    key: Any
    first: datetime
    last: datetime
    events: int
    sessions: int
    people: int = 1


@dataclass(frozen=True, slots=True)
class Page:
    """The rows, the place that the next page follows (None on the last), and how many there are in all."""

    rows: tuple[Row, ...]
    next: Place | None
    total: int


def people_wanted(spec: PeopleSpec) -> Wanted:
    return wanted_of(fields_of([spec.filters])) | Wanted(sessions=True, session_fields=frozenset(LAST_FIELDS))


def groups_wanted(spec: GroupsSpec) -> Wanted:
    return wanted_of({*fields_of([spec.filters]), GROUP}) | Wanted(sessions=True)


def people(spec: PeopleSpec, reading: Reading) -> Page:
    parts = reading.save("parts", _parts_of_people(spec, reading))
    return _page(spec, spec.sort, reading, parts)


def groups(spec: GroupsSpec, reading: Reading) -> Page:
    events = keep(events_of(reading, groups_wanted(spec)), spec.filters)
    events = events.filter(events[GROUP] != "")
    if spec.search:
        has_text = events[GROUP].re_search(f"(?i){re.escape(spec.search)}")
        events = events.filter(has_text | _is_one_of(events[GROUP], spec.found))
    if spec.among is not None:
        events = events.filter(_is_one_of(events[GROUP], spec.among))
    return _page(spec, spec.sort, reading, reading.save("parts", _parts(events.mutate(key=events[GROUP]))))


def _parts_of_people(spec: PeopleSpec, reading: Reading) -> ir.Table:
    if spec.filters or spec.by is By.GROUP:
        events = keep(
            events_of(reading, wanted_of(fields_of([spec.filters])) | Wanted(sessions=True)), spec.filters
        )
        parts = _parts(events.mutate(key=events.who))
    else:
        # Without filters, the sessions say it all; by group, they also have events of no group.
        own = reading.sessions
        last = own.start + own.length.as_interval("us")
        parts = own.select(
            key=own.who, who=own.who, session=own.session, events=own.events, first=own.start, last=last
        )
    if spec.search:
        parts = parts.filter(_is_one_of(parts.key, sorted(map(number_of, {spec.search, *spec.found}))))
    if spec.among is not None:
        parts = parts.filter(_is_one_of(parts.key, sorted(map(number_of, spec.among))))
    return parts


def _is_one_of(key: Any, values: Sequence[Any]) -> ir.BooleanValue:
    return key.isin(values) if values else ibis.literal(False)


def _parts(events: ir.Table) -> ir.Table:
    return events.group_by("key", "who", "session").agg(
        events=events.count(), first=events.time.min(), last=events.time.max()
    )


def _page(spec: ProfilesSpec, sort: PersonSort | GroupSort, reading: Reading, parts: ir.Table) -> Page:
    found = parts.group_by("key").agg(
        first=parts["first"].min(),
        last=parts["last"].max(),
        events=parts.events.sum(),
        sessions=parts.count(),
        **({"people": parts.who.nunique()} if isinstance(spec, GroupsSpec) else {}),
    )
    found = reading.save("profiles", found)
    ((total,),) = reading.rows(found.agg(total=found.count()))
    column = _COLUMNS.get(sort, str(sort))
    left = found.filter(_follows(spec, found, column)) if spec.after else found
    down = spec.direction is Direction.DESCENDING
    order = [ibis.desc(column), ibis.desc("key")] if down else [ibis.asc(column), ibis.asc("key")]
    rows = [_row(values) for values in reading.rows(left.order_by(order).limit(spec.limit + 1))]
    page = tuple(rows[: spec.limit])
    return Page(page, _place(page[-1], column) if len(rows) > spec.limit else None, int(total))


def _row(values: Sequence[Any]) -> Row:
    key, first, last, *numbers = values
    return Row(key, first.replace(tzinfo=UTC), last.replace(tzinfo=UTC), *map(int, numbers))


def _place(row: Row, column: str) -> Place:
    value = getattr(row, column)
    return micros(value) if isinstance(value, datetime) else value, str(row.key)


def _follows(spec: ProfilesSpec, found: ir.Table, column: str) -> ir.BooleanValue:
    number, text = place_of(spec.after)
    at: Any = number
    if column in _COLUMNS.values():
        at = (EPOCH + timedelta(microseconds=number)).replace(tzinfo=None)
    key = int(text) if isinstance(spec, PeopleSpec) else text
    value = found[column]
    if spec.direction is Direction.DESCENDING:
        return (value < at) | ((value == at) & (found.key < key))
    return (value > at) | ((value == at) & (found.key > key))


def last_of(reading: Reading, rows: Sequence[Row]) -> dict[int, tuple[str, str, str]]:
    """The last fields of the people of these rows; `parts` were saved."""
    if not rows:
        return {}
    own = reading.sessions
    parts = ibis.table({"key": "int64", "session": "int64"}, name="parts")
    parts = parts.filter(parts.key.isin([row.key for row in rows]))
    found = parts.inner_join(own.select("session", "start", *LAST_FIELDS), "session")
    place = ibis.row_number().over(
        group_by=found.key, order_by=[ibis.desc(found.start), *(found[name] for name in LAST_FIELDS)]
    )
    found = found.mutate(place=place)
    found = found.filter(found.place == 0).select("key", *LAST_FIELDS)
    return {key: (country, source, device) for key, country, source, device in reading.rows(found)}


def names(reading: Reading, rows: Sequence[Row]) -> dict[int, str]:
    if not rows:
        return {}
    numbers, lasts = [row.key for row in rows], [row.last for row in rows]
    within = Span(min(lasts), max(lasts) + timedelta(microseconds=1))
    return dict(zip(numbers, names_of(reading, numbers, within), strict=True))
