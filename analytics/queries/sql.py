"""Run an analyst's SQL over a project's events, people and sessions.

The query runs in a process of its own (`analytics/store/sql`) over the files of one snapshot, in its turn, like
every other query of the organization.
"""

import json
import re
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

import pyarrow as pa
from django.conf import settings
from django.utils import timezone

from accounts.errors import FieldError, Invalid, Unavailable
from accounts.queries.plans import limits_of
from analytics.models import PersonTraits, Project
from analytics.periods import Period, Span, resolve
from analytics.queries import manifest, retention, storage, suggestions
from analytics.queries.desk import desk
from analytics.queries.estimate import estimate_of
from analytics.queries.run import at_once, check_size
from analytics.store.base import EPOCH, Range, SnapshotGone
from analytics.store.connection import Limits
from analytics.store.sql import sandbox, tables, views
from analytics.store.stop import Stop

LONGEST = 20_000
MOST_ROWS = 10_000
MOST_BYTES = 8 * 1024 * 1024
MOST_TRAITS = 1_000_000
END_OF_TIME = datetime(9000, 1, 1, tzinfo=UTC)
CLOSED = (
    "SQL is not open here: the events are in ClickHouse. Ask your administrator for a read-only user of it; "
    "docs/sql.md says how to make one that sees one project."
)
# A word of the SQL decides what is prepared; one in a comment or a text prepares too much, never too little.
_PEOPLE, _SESSIONS = (re.compile(rf"\b{name}\b", re.IGNORECASE) for name in ("people", "sessions"))


@dataclass(frozen=True, slots=True)
class Result:
    """`columns` are names and DuckDB types; `truncated` where there are more rows than these.

    `rows_read` is what the query may have read: the events of the files of the period.
    """

    table: pa.Table
    columns: tuple[tuple[str, str], ...]
    truncated: bool
    rows_read: int
    elapsed_ms: float


def run_sql(*, project: Project, sql: str, period: Period | None = None) -> Result:
    """Raises Invalid, saying where, for SQL that cannot run; else as `run.run_query` does."""
    _check(sql)
    begun = time.perf_counter()
    try:
        found, rows = _attempt(project, sql, period)
    except SnapshotGone:
        # Compaction and sweeping took away a file that it was about to read.
        found, rows = _attempt(project, sql, period)
    elapsed = round((time.perf_counter() - begun) * 1000, 1)
    return Result(found.table, found.columns, found.truncated, rows, elapsed)


def is_open() -> bool:
    """Whether this installation runs SQL."""
    return storage.clickhouse_address() is None


def schema(project: Project) -> dict[str, list[tuple[str, str]]]:
    """Each view's columns: names and DuckDB types."""
    return views.columns(suggestions.of(project).properties)


def _check(sql: str) -> None:
    if not is_open():
        raise Unavailable(CLOSED)
    if not sql.strip() or len(sql) > LONGEST or "\0" in sql:
        message = f"Write a query of up to {LONGEST:,} characters."
        raise Invalid(message, fields=[FieldError("sql", message)])


def _attempt(project: Project, sql: str, period: Period | None) -> tuple[sandbox.Found, int]:
    """What is looked up here is the last that asks the database."""
    limits, now = limits_of(project.organization_id), timezone.now()
    within = _range(period, project, retention.edge(limits, now=now))
    snapshot = manifest.snapshot(project.pk, start=within.span.start, end=within.span.end)
    rows = estimate_of(snapshot, within.span).rows
    if limits.query_rows is not None:
        check_size(rows, limits.query_rows, limits.plan)
    scope = views.Scope(snapshot, within, project.time_zone, suggestions.of(project).properties)
    with tables.room(storage.limits()) as room:
        if _PEOPLE.search(sql):
            tables.write_traits(room / "traits.parquet", _traits(project))
            scope = replace(scope, traits=room / "traits.parquet")
        if _SESSIONS.search(sql):
            scope = replace(scope, sessions=room / "sessions.parquet")
        ticket = desk().ask(
            key=f"sql:{uuid.uuid4()}",
            organization=project.organization_id,
            limit=at_once(limits),
            seconds=settings.QUERY_SECONDS,
            work=partial(_computed, sql, scope, storage.limits()),
        )
        found: sandbox.Found = ticket.result()
    return found, rows


def _computed(sql: str, scope: views.Scope, limits: Limits, stop: Stop) -> sandbox.Found:
    """Runs in a thread of the desk and asks no database of ours."""
    if scope.sessions is not None:
        tables.write_sessions(scope.sessions, scope.snapshot, scope.within, limits, stop)
    bounds = sandbox.Bounds(settings.SQL_MEGABYTES << 20, MOST_ROWS, MOST_BYTES)
    return sandbox.run(views.job(sql, scope), bounds, stop)


def _range(period: Period | None, project: Project, edge: datetime | None) -> Range:
    span = Span(EPOCH, END_OF_TIME)
    if period is not None:
        span = resolve(period, zone=project.zone, now=timezone.now())
    if edge is not None:
        span = Span(max(span.start, edge), max(span.end, edge))
    return Range(span, (span,))


def _traits(project: Project) -> Iterator[tuple[str, str]]:
    known = PersonTraits.objects.filter(project=project).order_by("-last_seen")
    for person, traits in known.values_list("person", "traits")[:MOST_TRAITS].iterator(chunk_size=5_000):
        yield person, json.dumps(traits, ensure_ascii=False)
