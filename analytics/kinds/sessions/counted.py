"""Which sessions count. No Django here."""

import ibis.expr.types as ir

from analytics.fields import ENTRY_PATH, is_of_session
from analytics.kinds.events import events_of, fields_of, keep, wanted_of
from analytics.kinds.expressions import columns_of
from analytics.kinds.filters import Filters
from analytics.kinds.sessions.spec import SessionsSpec
from analytics.store.base import Reading, Wanted

PATH = "path"


def wanted(spec: SessionsSpec) -> Wanted:
    """What a question of sessions reads."""
    entry = {ENTRY_PATH} if _on_path(spec) else set()
    return wanted_of({*fields_of([spec.filters]), *spec.breakdown, *entry}) | Wanted(sessions=True)


def counted(spec: SessionsSpec, reading: Reading) -> ir.Table:
    """The sessions that count, with `bounced`, and a `length` of 0 for those."""
    sessions = reading.sessions
    fields = fields_of([spec.filters])
    if all(map(is_of_session, fields)):
        sessions = keep(sessions, spec.filters)
    else:
        events = keep(
            events_of(reading, wanted_of(fields) | Wanted(sessions=True), is_asked_once=True), spec.filters
        )
        sessions = sessions.semi_join(events, "session")
    bounced = (sessions.views <= 1) & (sessions.customs == 0)
    sessions = sessions.mutate(bounced=bounced, length=bounced.ifelse(0, sessions.length))
    groups = [column for field in spec.breakdown for column in columns_of(field)]
    own = (*groups, *([ENTRY_PATH] if _on_path(spec) else []))
    columns = dict.fromkeys(("who", "views", "length", "bounced", "interval", *own))
    return reading.save("counted", sessions.select(*columns))


def entering(spec: SessionsSpec, sessions: ir.Table) -> ir.Table:
    """Those of which the bounce rate is: under a filter on nothing but the path, what enters on such a path."""
    on_path = _on_path(spec)
    if not on_path:
        return sessions
    return keep(sessions.mutate(**{PATH: sessions[ENTRY_PATH]}).filter(sessions.views > 0), on_path)


def _on_path(spec: SessionsSpec) -> Filters:
    return tuple(item for item in spec.filters if fields_of([(item,)]) == {PATH})
