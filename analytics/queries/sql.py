"""Run an analyst's SQL over a project's events, people and sessions.

The query runs in a process of its own (`analytics/store/sql`) over the files of one snapshot, or as a user of
ClickHouse who sees one project (`analytics/store/clickhouse/sql`), in its turn, like every other query of the
organization.
"""

import json
import re
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pyarrow as pa
from django.conf import settings
from django.utils import timezone

from accounts.access import Actor
from accounts.billing.features import Feature
from accounts.billing.limits import missing, require_feature
from accounts.errors import FieldError, Forbidden, Invalid, Unavailable
from accounts.queries.plans import Limits, limits_of
from analytics.models import PersonTraits, Project
from analytics.periods import Period, Span, resolve
from analytics.queries import manifest, retention, sql_in_clickhouse, storage, suggestions
from analytics.queries.desk import desk
from analytics.queries.estimate import estimate_of
from analytics.queries.run import at_once, check_size
from analytics.queries.sensitive import hidden_from
from analytics.redaction import without
from analytics.sensitive import Hidden
from analytics.store.base import EPOCH, Range, Snapshot, SnapshotGone
from analytics.store.connection import Limits as FileLimits
from analytics.store.sql import sandbox, tables, views
from analytics.store.stop import Stop

LONGEST = 20_000
MOST_ROWS = 10_000
MOST_BYTES = 8 * 1024 * 1024
MOST_TRAITS = 1_000_000
END_OF_TIME = datetime(9000, 1, 1, tzinfo=UTC)
UNREDACTED = (
    "This project has sensitive properties. Where the events are in ClickHouse, they cannot be kept out of SQL, "
    "so it is for those alone who may see them."
)
# A word of the SQL decides what is prepared; one in a comment or a text prepares too much, never too little.
_PEOPLE, _SESSIONS = (re.compile(rf"\b{name}\b", re.IGNORECASE) for name in ("people", "sessions"))


@dataclass(frozen=True, slots=True)
class Result:
    """`columns` are names and the engine's types; `truncated` where there are more rows than these.

    `rows_read` is what the query may have read: the events of the files of the period.
    """

    table: pa.Table
    columns: tuple[tuple[str, str], ...]
    truncated: bool
    rows_read: int
    elapsed_ms: float


def run_sql(*, project: Project, sql: str, period: Period | None = None, actor: Actor | None = None) -> Result:
    """Over what the asker may see.

    Raises Invalid, saying where, for SQL that cannot run; PlanLimit for a plan without it; else as `run.run_query`
    does.
    """
    begun = time.perf_counter()
    hidden = hidden_from(actor, project)
    _check(project, sql, hidden)
    try:
        found, rows = _attempt(project, sql, period, hidden)
    except SnapshotGone:
        # Compaction and sweeping took away a file that it was about to read.
        found, rows = _attempt(project, sql, period, hidden)
    elapsed = round((time.perf_counter() - begun) * 1000, 1)
    return Result(found.table, found.columns, found.truncated, rows, elapsed)


def closed(project: Project, actor: Actor | None = None) -> str:
    """Why SQL is closed to a project, or to this asker; empty where it is open."""
    if why := missing(limits_of(project.organization_id), Feature.SQL):
        return why
    if not sql_in_clickhouse.is_here():
        return ""
    return sql_in_clickhouse.closed(project.pk) or (UNREDACTED if hidden_from(actor, project) else "")


def schema(project: Project, actor: Actor | None = None) -> dict[str, list[tuple[str, str]]]:
    """Each view's columns: names and the engine's types."""
    if sql_in_clickhouse.is_here():
        return sql_in_clickhouse.schema(project)
    return views.columns(_properties(project, hidden_from(actor, project)))


def _properties(project: Project, hidden: Hidden) -> tuple[str, ...]:
    """The properties that are columns."""
    return tuple(name for name in suggestions.of(project).properties if name not in hidden.in_events)


def _check(project: Project, sql: str, hidden: Hidden) -> None:
    if not sql.strip() or len(sql) > LONGEST or "\0" in sql:
        message = f"Write a query of up to {LONGEST:,} characters."
        raise Invalid(message, fields=[FieldError("sql", message)])
    if sql_in_clickhouse.is_here():
        if why := sql_in_clickhouse.closed(project.pk):
            raise Unavailable(why)
        if hidden:
            raise Forbidden(UNREDACTED)


def _attempt(project: Project, sql: str, period: Period | None, hidden: Hidden) -> tuple[sandbox.Found, int]:
    """What is looked up here is the last that asks the database."""
    limits, now = limits_of(project.organization_id), timezone.now()
    require_feature(limits, Feature.SQL)
    within = _range(period, project, retention.edge(limits, now=now))
    snapshot = manifest.snapshot(project.pk, start=within.span.start, end=within.span.end)
    rows = estimate_of(snapshot, within.span).rows
    if limits.query_rows is not None:
        check_size(rows, limits.query_rows, limits.plan)
    if sql_in_clickhouse.is_here():
        scope = sql_in_clickhouse.scope(project, snapshot, within)
        return _asked(project, limits, partial(sql_in_clickhouse.computed, sql, scope, _bounds())), rows
    with tables.room(storage.limits()) as room:
        files = _files(project, sql, snapshot, within, room=room, hidden=hidden)
        return _asked(project, limits, partial(_computed, sql, files, storage.limits())), rows


def _files(
    project: Project, sql: str, snapshot: Snapshot, within: Range, *, room: Path, hidden: Hidden
) -> views.Scope:
    """What the views read, in files of their own where no file of the store has it."""
    properties = _properties(project, hidden)
    scope = views.Scope(snapshot, within, project.time_zone, properties, hidden.in_events)
    if _PEOPLE.search(sql):
        tables.write_traits(room / "traits.parquet", _traits(project, hidden))
        scope = replace(scope, traits=room / "traits.parquet")
    if _SESSIONS.search(sql):
        scope = replace(scope, sessions=room / "sessions.parquet")
    return scope


def _asked(project: Project, limits: Limits, work: Callable[[Stop], sandbox.Found]) -> sandbox.Found:
    """The rows, once it is the query's turn."""
    ticket = desk().ask(
        key=f"sql:{uuid.uuid4()}",
        organization=project.organization_id,
        limit=at_once(limits),
        seconds=settings.QUERY_SECONDS,
        work=work,
    )
    found: sandbox.Found = ticket.result()
    return found


def _computed(sql: str, scope: views.Scope, limits: FileLimits, stop: Stop) -> sandbox.Found:
    """Runs in a thread of the desk and asks no database of ours."""
    if scope.sessions is not None:
        tables.write_sessions(scope.sessions, scope.snapshot, scope.within, limits, stop)
    return sandbox.run(views.job(sql, scope), _bounds(), stop)


def _bounds() -> sandbox.Bounds:
    return sandbox.Bounds(settings.SQL_MEGABYTES << 20, MOST_ROWS, MOST_BYTES)


def _range(period: Period | None, project: Project, edge: datetime | None) -> Range:
    span = Span(EPOCH, END_OF_TIME)
    if period is not None:
        span = resolve(period, zone=project.zone, now=timezone.now())
    if edge is not None:
        span = Span(max(span.start, edge), max(span.end, edge))
    return Range(span, (span,))


def _traits(project: Project, hidden: Hidden) -> Iterator[tuple[str, str]]:
    known = PersonTraits.objects.filter(project=project).order_by("-last_seen")
    for person, traits in known.values_list("person", "traits")[:MOST_TRAITS].iterator(chunk_size=5_000):
        yield person, json.dumps(without(traits, hidden.people), ensure_ascii=False)
