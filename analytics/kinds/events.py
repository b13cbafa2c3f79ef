"""The events that a question of events is about. No Django here.

What a session has one value of (`filters.SESSION_FIELDS`: source, country, …), each of its events has from it: a
sign-up came from where the visit came from.
"""

import functools
import operator
from collections.abc import Collection, Iterable
from typing import Annotated

import ibis
import ibis.expr.types as ir
from pydantic import AfterValidator

from analytics.fields import ENTRY_PATH, EXIT_PATH, SESSION_FIELDS, FieldName
from analytics.kinds.expressions import meets, wanted_by
from analytics.kinds.filters import Filters, leaves
from analytics.store.base import Reading, Wanted


def no_session_pages(field: str) -> str:
    """Raises ValueError for the entry and the exit page, which events do not have."""
    if field in {ENTRY_PATH, EXIT_PATH}:
        raise ValueError(f"{field} belongs to sessions; this is about events.")
    return field


def _of_events(filters: Filters) -> Filters:
    for item in leaves(filters):
        no_session_pages(item.field)
    return filters


EventField = Annotated[FieldName, AfterValidator(no_session_pages)]
EventFilters = Annotated[Filters, AfterValidator(_of_events)]


def fields_of(filters: Iterable[Filters]) -> set[str]:
    """The fields that several lists of filters look at."""
    return {field for items in filters for item in leaves(items) for field in item.fields}


def wanted_of(fields: Iterable[str]) -> Wanted:
    """What has to be read so that `events_of` has these fields."""
    of_sessions = frozenset(fields).intersection(SESSION_FIELDS)
    wanted = wanted_by(frozenset(fields) - of_sessions)
    return wanted | Wanted(sessions=bool(of_sessions), session_fields=of_sessions)


def events_of(
    reading: Reading, wanted: Wanted, *, names: Collection[str] = (), is_asked_once: bool = False
) -> ir.Table:
    """The events with what was wanted of them and of their sessions; with `session` where those were wanted.

    Only those of these names, if any are given. What is asked once is better not kept.
    """
    events = reading.events_of_sessions if wanted.sessions else reading.events
    events = events.filter(events.name.isin(sorted(names))) if names else events
    if not wanted.session_fields:
        return events
    fields = reading.sessions.select("session", *sorted(wanted.session_fields))
    joined = events.join(fields, "session")
    return joined if is_asked_once else reading.save("events_with_fields", joined)


def keep(table: ir.Table, filters: Filters) -> ir.Table:
    """The rows that pass all filters."""
    return table.filter(passes(table, filters)) if filters else table


def passes(table: ir.Table, filters: Filters) -> ir.BooleanValue:
    """Whether a row passes all filters; never NULL."""
    return functools.reduce(operator.and_, (meets(table, item) for item in filters), ibis.literal(True))
