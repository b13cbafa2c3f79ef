"""The overview page's query on 200,000 events, uncached and cached, beside hand-written DuckDB SQL."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import duckdb
from django.core.cache import cache

from analytics.contracts import Event, Kind
from analytics.kinds import parse_spec
from analytics.models import Project
from analytics.queries.run import run_query
from analytics.services import compaction, ingestion, sealing
from tests.bench.stack import Product, median

EVENTS = 200_000
PEOPLE = 8_000
DAYS = 60
CHUNK = 5_000
HAND_WRITTEN = """
SELECT date_trunc('day', time) AS day, count(DISTINCT person) AS visitors,
       count(*) FILTER (kind IN ('page', 'screen')) AS views
FROM read_parquet($files) WHERE time >= $start GROUP BY day ORDER BY day
"""


def events(now: datetime) -> list[Event]:
    step = timedelta(days=DAYS) / EVENTS
    start = now - timedelta(days=DAYS)
    micros = 1_000_000
    return [
        Event(
            message_id=f"bench-{number}",
            kind=Kind.PAGE if number % 3 else Kind.TRACK,
            name="page" if number % 3 else f"Action {number % 20}",
            time=int((start + step * number).timestamp() * micros),
            received_at=int(now.timestamp() * micros),
            anonymous_id=f"visitor-{number * 7919 % PEOPLE}",
            path=f"/page/{number % 100}",
            source=("Direct", "Google", "Newsletter")[number % 3],
            channel=("Direct", "Search", "Email")[number % 3],
            country=("DE", "US", "FR", "JP")[number % 4],
            browser=("Chrome", "Firefox", "Safari")[number % 3],
            properties=f'{{"amount": {number % 500}}}',
        )
        for number in range(EVENTS)
    ]


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def run(product: Product, rounds: int) -> None:
    project = Project.objects.get(pk=product.project_id)
    now = datetime.now(UTC)
    stored = events(now)
    for start in range(0, EVENTS, CHUNK):
        ingestion.accept(project=project, events=stored[start : start + CHUNK])
    seconds = timed(lambda: sealing.seal_project(project_id=project.pk)) / 1000
    compaction.compact_project(project_id=project.pk)
    files = [str(path) for path in sorted((product.data / "store").rglob("*.parquet"))]
    size = sum(segment.bytes for segment in project.segments.filter(retired_at=None))
    print(f"  sealing                      {EVENTS / seconds:10,.0f} events/s")
    print(f"  on disk                      {size / EVENTS:10.1f} bytes an event")
    spec = parse_spec({"kind": "overview", "period": {"last": "30d"}})
    values = {"files": files, "start": (now - timedelta(days=30)).replace(tzinfo=None)}
    full, cached, bare = [], [], []
    for _ in range(rounds):
        cache.clear()
        full.append(timed(lambda: run_query(project=project, spec=spec)))
        cached.append(timed(lambda: run_query(project=project, spec=spec)))
        bare.append(timed(lambda: duckdb.connect().execute(HAND_WRITTEN, values).fetchall()))
    print(f"  overview, all panels         {median(full):10.0f} ms")
    print(f"  overview, cached             {median(cached):10.1f} ms")
    print(
        f"  one hand-written figure      {median(bare):10.0f} ms         ratio {median(full) / median(bare):.1f}"
    )
