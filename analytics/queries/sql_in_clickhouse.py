"""SQL where the events are in ClickHouse: whether the door is open to a project, and what goes through it."""

import threading
import time

from django.conf import settings

from analytics.models import Project
from analytics.queries import storage, suggestions
from analytics.store.base import Range, Snapshot
from analytics.store.clickhouse.schema import read
from analytics.store.clickhouse.sql import answering, safety, views
from analytics.store.clickhouse.sql.door import Door, door_of
from analytics.store.clickhouse.sql.views import Scope
from analytics.store.sql.sandbox import Bounds, Found
from analytics.store.stop import Stop

UNSET = (
    "SQL is not open here: the events are in ClickHouse. Ask your administrator for a read-only user of it; "
    "docs/sql.md says how to make one that sees one project."
)
# How long a user that was found safe is taken for safe, and how long it may take to find out.
SAFE_SECONDS = 60.0
LOOKING_SECONDS = 10.0

_lock = threading.Lock()
_safe_until: dict[Door, float] = {}


def faults(project_id: int) -> list[str]:
    """What keeps the door closed, a sentence each; asks ClickHouse, unless it was found safe a moment ago.

    Raises StoreFault and DeadlineExceeded where ClickHouse does not say.
    """
    if not settings.EVENT_STORE_SQL_URL:
        return ["EVENT_STORE_SQL_URL is not set"]
    door = door_of(settings.EVENT_STORE_SQL_URL, project_id)
    with _lock:
        if _safe_until.get(door, 0.0) > time.monotonic():
            return []
    found = safety.faults(door, project_id, Stop(LOOKING_SECONDS))
    with _lock:
        _safe_until.pop(door, None)
        if not found:
            _safe_until[door] = time.monotonic() + SAFE_SECONDS
    return found


def forget() -> None:
    """Look anew at the next question."""
    with _lock:
        _safe_until.clear()


def closed(project_id: int) -> str:
    """Why SQL is closed to a project; empty where it is open. Raises as `faults` does."""
    if not settings.EVENT_STORE_SQL_URL:
        return UNSET
    found = faults(project_id)
    why = "SQL is not open to this project: its user of ClickHouse is not as it has to be"
    return f"{why}: {'; '.join(found)}." if found else ""


def schema(project: Project) -> dict[str, list[tuple[str, str]]]:
    """Each view's columns: names and ClickHouse types."""
    return views.columns(project.time_zone, suggestions.of(project).properties)


def scope(project: Project, snapshot: Snapshot, within: Range) -> Scope:
    """What the views are of; the last that asks our database."""
    door = door_of(settings.EVENT_STORE_SQL_URL, project.pk)
    properties = suggestions.of(project).properties
    return Scope(snapshot, within, project.time_zone, properties, read(door.address))


def computed(sql: str, given: Scope, bounds: Bounds, stop: Stop) -> Found:
    """Runs in a thread of the desk."""
    door = door_of(settings.EVENT_STORE_SQL_URL, given.snapshot.project_id)
    return answering.run(door, sql, given, bounds, stop)


def is_here() -> bool:
    """Whether the events are in ClickHouse."""
    return storage.clickhouse_address() is not None
