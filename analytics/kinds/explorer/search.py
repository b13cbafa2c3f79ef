"""Which events there are, asked of a reading. No Django here."""

import functools
import operator
import re

import ibis
import ibis.expr.types as ir

from analytics.contracts import number_of
from analytics.kinds.events import events_of, fields_of, keep, wanted_of
from analytics.kinds.explorer.spec import MESSAGE_ID, EventsSpec, Order, Place
from analytics.store.base import Reading, Wanted

SEARCHED = ("name", "path", "properties")


def wanted(spec: EventsSpec) -> Wanted:
    """What is read to find events, not to show them."""
    searched = _searched(spec) if spec.search.split() else ()
    return wanted_of(fields_of([spec.filters])) | Wanted(columns=frozenset({MESSAGE_ID, *searched}))


def _searched(spec: EventsSpec) -> tuple[str, ...]:
    """Who may not see every property learns nothing of them by searching either."""
    return tuple(column for column in SEARCHED if column != "properties" or not spec.left_out)


def count(spec: EventsSpec, reading: Reading) -> int:
    events = _matching(spec, reading)
    ((found,),) = reading.rows(events.agg(count=events.count()))
    return int(found)


def places(spec: EventsSpec, reading: Reading, after: Place | None, most: int) -> list[Place]:
    """The first events after a place, in order."""
    events = _matching(spec, reading)
    events = events.filter(_follows(spec, events, after)) if after else events
    # First the times alone: ids take long to read, and are needed of few.
    edge = ibis.desc("time") if spec.order is Order.NEWEST else ibis.asc("time")
    times = reading.rows(events.select("time").order_by(edge).limit(most))
    if not times:
        return []
    last = times[-1][0]
    near = events.filter(events.time >= last if spec.order is Order.NEWEST else events.time <= last)
    keys = ["time", MESSAGE_ID]
    order = [ibis.desc(key) for key in keys] if spec.order is Order.NEWEST else keys
    return [(at, message_id) for at, message_id in reading.rows(near.select(*keys).order_by(order).limit(most))]


def _matching(spec: EventsSpec, reading: Reading) -> ir.Table:
    events = keep(events_of(reading, wanted(spec)), spec.filters)
    events = events.filter(events.who == number_of(spec.of)) if spec.of else events
    for word in spec.search.split():
        # Both engines fold cases by the same library, which does so for all letters.
        pattern = f"(?i){re.escape(word)}"
        hits = (events[column].re_search(pattern) for column in _searched(spec))
        events = events.filter(functools.reduce(operator.or_, hits))
    return events


def _follows(spec: EventsSpec, events: ir.Table, after: Place) -> ir.BooleanValue:
    at, message_id = after[0].replace(tzinfo=None), after[1]
    if spec.order is Order.NEWEST:
        return (events.time < at) | ((events.time == at) & (events[MESSAGE_ID] < message_id))
    return (events.time > at) | ((events.time == at) & (events[MESSAGE_ID] > message_id))
