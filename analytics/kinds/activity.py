"""Who was active in which interval: what lifecycle and stickiness count. No Django here."""

from collections.abc import Sequence

import ibis.expr.types as ir

from analytics.kinds.events import events_of, fields_of, keep, wanted_of
from analytics.kinds.filters import Filters
from analytics.store.base import Reading, Wanted


def wanted_for(event: str, filters: Filters) -> Wanted:
    """What has to be read for `active_in`."""
    return wanted_of(fields_of([filters]) | ({"name"} if event else set()))


def active_in(reading: Reading, event: str, filters: Filters) -> ir.Table:
    """Each `who` once for each `interval` in which they have such an event."""
    names: Sequence[str] = [event] if event else []
    events = events_of(reading, wanted_for(event, filters), names=names, is_asked_once=True)
    return keep(events, filters).select("who", "interval").distinct()
