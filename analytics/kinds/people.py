"""Names of people by their numbers. No Django here."""

from collections.abc import Sequence

import ibis

from analytics.store.base import Reading


def names_of(reading: Reading, numbers: Sequence[int]) -> tuple[str, ...]:
    """The names of those with these numbers, in this order; `person` must have been wanted of the reading."""
    if not numbers:
        return ()
    events = reading.events_of_sessions if "session" in reading.events.columns else reading.events
    found = events.filter(events.who.isin(numbers)).group_by("who").agg(name=ibis._.person.min())
    names = dict(reading.rows(found))
    return tuple(names[number] for number in numbers)
