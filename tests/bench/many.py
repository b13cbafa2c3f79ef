"""Stored events by the million, written by the store's own writers: what queries are measured on."""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import duckdb
import psutil
import pyarrow as pa

from analytics.contracts import number_of
from analytics.models import Manifest, Project, Segment
from analytics.services import compaction
from analytics.services.segment_writer import write_segment
from analytics.store.files import split_by_days
from analytics.store.schema import TYPES
from tests.bench.stack import Product

DAYS = int(os.environ.get("DAYS", "90"))
PER_PERSON = 50
PER_SESSION = 6

# A session has 1 to 11 events up to five minutes apart; pages, sources and campaigns are of very different weight.
_SESSIONS = """
    CREATE TEMP TABLE sessions AS
    SELECT i AS session, (hash(i) % 1000)::INTEGER AS chance, (hash(i, 1) % $people)::INTEGER AS number,
        make_timestamp($start::BIGINT + (hash(i, 2) % 86400000)::BIGINT * 1000) AS start,
        1 + (hash(i, 3) % 11)::INTEGER AS events
    FROM range($first::BIGINT, $last::BIGINT) AS r(i)
"""
_EVENTS = """
    WITH steps AS (
        SELECT *, session * 100 + step AS event, pow((hash(session, step, 9) % 10000) / 10000, 3) AS weight
        FROM sessions, range(11) AS s(step) WHERE step < events
    ), placed AS (
        SELECT *, start + to_milliseconds(step * ((hash(event, 5) % 300000)::BIGINT + 1000)) AS time,
            step = 0 OR hash(event) % 3 < 2 AS is_view, '/page/' || (weight * 500)::INTEGER AS path
        FROM steps
    )
    SELECT uuid()::VARCHAR AS message_id, if(is_view, 'page', 'track') AS kind,
        if(is_view, 'page', 'Action ' || hash(event, 7) % 20) AS name,
        time::TIMESTAMP AS time, (time + to_milliseconds((hash(event,
        8) % 2000)::BIGINT))::TIMESTAMP AS received_at,
        anonymous_id AS person, who, 0::BIGINT AS loose, anonymous_id, '' AS user_id,
        if(number % 10 = 0, 'company ' || number // 10 % 300, '') AS group_id, '' AS previous_id,
        'https://example.com' || path AS url, 'example.com' AS host, path, 'Page ' || path AS title,
        ['', 'https://www.google.com/', '', 'https://www.bing.com/',
        'https://example.org/a'][1 + chance % 5] AS referrer,
        ['', 'www.google.com', '', 'www.bing.com', 'example.org'][1 + chance % 5] AS referrer_host,
        ['Direct', 'Google', 'Newsletter', 'Bing', 'example.org'][1 + chance % 5] AS source,
        ['Direct', 'Search', 'Email', 'Search', 'Referral'][1 + chance % 5] AS channel,
        if(chance % 5 = 2, 'newsletter', '') AS utm_source, if(chance % 5 = 2, 'email', '') AS utm_medium,
        if(chance % 5 = 2, 'issue ' || hash(session, 4) % 17, '') AS utm_campaign, '' AS utm_term,
        '' AS utm_content,
        ['Chrome', 'Firefox', 'Safari', 'Edge'][1 + (hash(number, 1) % 4)::INTEGER] AS browser,
        ['Windows', 'macOS', 'iOS', 'Android'][1 + (hash(number, 2) % 4)::INTEGER] AS os,
        ['Desktop', 'Mobile', 'Tablet'][1 + (hash(number, 3) % 3)::INTEGER] AS device,
        ['DE', 'US', 'FR', 'JP', 'IN', 'BR', 'GB', 'ES'][1 + (hash(number, 4) % 8)::INTEGER] AS country,
        'en-US' AS language, 'plumbline.js' AS library,
        '{"plan":"' || if(number % 4 = 0, 'pro', 'free') || '","amount":' || hash(event,
        4) % 500 || '}' AS properties,
        '{}' AS context, (hash(event, 4) % 500)::DOUBLE AS "n:amount", if(number % 4 = 0, 'pro',
        'free') AS "t:plan"
    FROM placed JOIN people USING (number)
"""


@dataclass(frozen=True, slots=True)
class Filled:
    """How many events were stored; seconds of writing and of compaction, and the CPU seconds of that."""

    events: int
    written: float
    compacted: float
    cpu: float


def store(product: Product, project: Project, rows: int, days: int = DAYS) -> Filled:
    """Write about so many events of the last days and compact them, as the worker does in time."""
    now = datetime.now(UTC)
    # Else the worker would compact the same, twice the work for one result.
    with product.without("worker"):
        began = time.perf_counter()
        events = fill(project, rows, now.date(), days)
        written, cpu = time.perf_counter() - began, cpu_seconds()
        compaction.compact_project(project_id=project.pk, now=now + timedelta(hours=2))
        compacted, cpu = time.perf_counter() - began - written, cpu_seconds() - cpu
    product.wait_until_idle()
    return Filled(events, written, compacted, cpu)


def cpu_seconds() -> float:
    """What this process has used so far."""
    return sum(psutil.Process().cpu_times()[:2])


def fill(project: Project, rows: int, today: date, days: int = DAYS) -> int:
    """Write about so many events of the last days, as sealing would; how many."""
    stored = 0
    segments = []
    for table in _days(rows, today, days):
        at = datetime.now(UTC)
        segments += [write_segment(project.pk, part, at) for part in split_by_days(table)]
        stored += table.num_rows
    Segment.objects.bulk_create(segments)
    Manifest.objects.filter(project=project).update(version=1, data_up_to=datetime.now(UTC))
    return stored


def _days(rows: int, today: date, days: int) -> Iterator[pa.Table]:
    sessions = rows // PER_SESSION // days
    with duckdb.connect() as own:
        own.register("people", _people(rows // PER_PERSON))
        for day in range(days):
            start = datetime.combine(today - timedelta(days=days - 1 - day), datetime.min.time(), UTC)
            values = {
                "people": rows // PER_PERSON,
                "start": int(start.timestamp()) * 1_000_000,
                "first": day * sessions,
                "last": (day + 1) * sessions,
            }
            own.execute("DROP TABLE IF EXISTS sessions")
            own.execute(_SESSIONS, values)
            found = own.sql(_EVENTS).to_arrow_table()
            yield found.cast(pa.schema([(name, TYPES.get(name, found[name].type)) for name in found.column_names]))


def _people(count: int) -> pa.Table:
    ids = [f"{number:08x}-7d1c-4a5e-9f00-{number * 2654435761 % 2**48:012x}" for number in range(count)]
    return pa.table({"number": range(count), "anonymous_id": ids, "who": [number_of(one) for one in ids]})
