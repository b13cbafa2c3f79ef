"""Queries over ROWS events (10000000) of DAYS days (90), uncached, each beside hand-written DuckDB SQL on the same
files; only those whose names match ASK.

`overview page` is what a page shows at first: figures, chart and its five open tables, compared with the period
before.
"""

import multiprocessing
import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from django.db.models import F

from analytics.kinds import parse_spec
from analytics.models import Manifest, Project, Segment
from analytics.queries import storage
from analytics.queries.run import run_query
from tests.bench import hand_written, many
from tests.bench.stack import Product, median

ROWS = int(os.environ.get("ROWS", "10000000"))
ASK = os.environ.get("ASK", "")
# Of more, sessions by hand take minutes.
MOST_BY_HAND = 20_000_000
SPAN = 30
TREND: dict[str, Any] = {"kind": "trends", "period": {"last": f"{SPAN}d"}, "compare": "none"}
OVERVIEW: dict[str, Any] = {"kind": "overview", "period": {"last": f"{SPAN}d"}}
LONG: dict[str, Any] = {"period": {"last": f"{many.DAYS}d"}}
PAGE = ("figures", "chart", "sources", "pages", "countries", "devices", "events")


@dataclass(frozen=True, slots=True)
class Question:
    """A spec, the SQL that one would write for its period, and that for the period before; none for a part."""

    name: str
    spec: dict[str, Any]
    by_hand: Sequence[str] = ()
    before: Sequence[str] = ()
    days: int = SPAN


QUESTIONS = (
    Question("overview, everything", OVERVIEW, hand_written.OVERVIEW, hand_written.OVERVIEW_BEFORE),
    Question("overview page", {**OVERVIEW, "panels": PAGE}, hand_written.PAGE, hand_written.OVERVIEW_BEFORE),
    Question("overview page of 7 days", {**OVERVIEW, "period": {"last": "7d"}, "panels": PAGE}),
    Question("total by day", {**TREND, "series": [{}]}, hand_written.TOTAL),
    Question("people by day", {**TREND, "series": [{"aggregation": "unique"}]}, hand_written.UNIQUE),
    Question("sessions by day", {**TREND, "series": [{"aggregation": "sessions"}]}, hand_written.SESSIONS),
    Question(
        "total by a property",
        {**TREND, "series": [{}], "breakdown": ["properties.plan"]},
        hand_written.BY_PROPERTY,
    ),
    Question(
        "90th percentile by day",
        {**TREND, "series": [{"aggregation": "p90", "property": "amount"}]},
        hand_written.PERCENTILE,
    ),
    Question(
        "table by a property",
        {**LONG, "kind": "breakdown", "breakdown": ["properties.plan"], "columns": [{}]},
        hand_written.TABLE,
        days=many.DAYS,
    ),
    Question(
        "table of people by a property",
        {**LONG, "kind": "breakdown", "breakdown": ["properties.plan"]},
        hand_written.TABLE_OF_PEOPLE,
        days=many.DAYS,
    ),
    Question(
        "funnel of views and actions",
        {**LONG, "kind": "funnel", "steps": [{"event": "page"}, {"event": "Action 1"}, {"event": "Action 2"}]},
        hand_written.FUNNEL,
        days=many.DAYS,
    ),
    Question(
        "funnel of actions",
        {**LONG, "kind": "funnel", "steps": [{"event": f"Action {step}"} for step in (1, 2, 3)]},
        hand_written.FUNNEL_OF_ACTIONS,
        days=many.DAYS,
    ),
    Question("retention by week", {**LONG, "kind": "retention"}, hand_written.RETENTION, days=many.DAYS),
    Question("lifecycle by day", {**LONG, "kind": "lifecycle"}, hand_written.LIFECYCLE, days=many.DAYS),
    Question("stickiness by day", {**LONG, "kind": "stickiness"}, hand_written.STICKINESS, days=many.DAYS),
    Question(
        "sessions, everything",
        {"kind": "sessions", "period": {"last": f"{SPAN}d"}},
        hand_written.OF_SESSIONS,
    ),
    Question(
        "revenue by a property",
        {
            **LONG,
            "kind": "revenue",
            "events": ["Action 3"],
            "property": "amount",
            "currency": "USD",
            "breakdown": ["properties.plan"],
        },
        hand_written.REVENUE,
        days=many.DAYS,
    ),
    Question("paths of pages", {**LONG, "kind": "paths"}, hand_written.PATHS, days=many.DAYS),
    Question(
        "attribution by channel",
        {
            "kind": "attribution",
            "period": {"last": f"{SPAN}d"},
            "event": "Action 1",
            "property": "amount",
        },
        hand_written.ATTRIBUTION,
    ),
    Question(
        "drivers in five dimensions",
        {
            "kind": "drivers",
            "period": {"last": f"{SPAN}d"},
            "dimensions": ["channel", "country", "device", "path", "properties.plan"],
        },
        hand_written.DRIVERS,
        hand_written.DRIVERS,
    ),
    Question("newest events", {**LONG, "kind": "events"}, hand_written.NEWEST, days=many.DAYS),
    Question("people", {**LONG, "kind": "people"}, hand_written.PEOPLE_LIST, days=many.DAYS),
    Question("groups", {**LONG, "kind": "groups"}, hand_written.GROUPS_LIST, days=many.DAYS),
)


def timed(work: Callable[[], object]) -> float:
    """Milliseconds of wall time."""
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


@contextmanager
def prompt() -> Iterator[ProcessPoolExecutor]:
    """Another process, as one would open at a prompt: neither has the other's memory to clear up."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as other:
        yield other


def run(product: Product, rounds: int) -> None:
    project = Project.objects.get(pk=product.project_id)
    filled = many.store(product, project, ROWS)
    segments = list(Segment.objects.live().filter(project=project))
    people, size = ROWS // many.PER_PERSON, sum(item.bytes for item in segments)
    rate, cpu = filled.events / filled.compacted, filled.cpu / filled.events * 1e6
    print(
        f"  {filled.events:,} events over {many.DAYS} days, {people:,} people; written in {filled.written:.0f} s"
    )
    print(f"  compaction                   {rate:10,.0f} events/s   {cpu:.1f} µs of CPU")
    print(f"  on disk                      {size / filled.events:10.1f} bytes an event", flush=True)
    files = [str(storage.path_of(segment)) for segment in segments]
    end = datetime.combine(datetime.now(UTC).date() + timedelta(days=1), datetime.min.time(), UTC)
    with prompt() as other:
        for question in filter(lambda one: re.search(ASK, one.name), QUESTIONS):
            days = timedelta(days=question.days)
            spans = [(question.by_hand, end - days, end), (question.before, end - 2 * days, end - days)]
            _compare(project, question, partial(other.submit, hand_written.milliseconds, files, spans), rounds)


def forget(project: Project) -> None:
    """No answer is known of a new version. Emptying the cache would take the lock of beat as well."""
    Manifest.objects.filter(project=project).update(version=F("version") + 1)


def _compare(project: Project, question: Question, hand: Callable[[], Future[float]], rounds: int) -> None:
    spec = parse_spec(question.spec)
    ours, cpu, cached = [], [], []
    # The rounds of a side follow each other, so that neither pays for what the other left in memory.
    for _ in range(rounds):
        forget(project)
        before = many.cpu_seconds()
        ours.append(timed(lambda: run_query(project=project, spec=spec)))
        cpu.append((many.cpu_seconds() - before) * 1000)
        cached.append(timed(lambda: run_query(project=project, spec=spec)))
    measures = rounds if question.by_hand and ROWS <= MOST_BY_HAND else 0
    theirs = [hand().result() for _ in range(measures)]
    beside = f"   by hand {median(theirs):6.0f} ms   ratio {median(ours) / median(theirs):.2f}" if theirs else ""
    print(
        f"  {question.name:<28} {median(ours):10.0f} ms   CPU {median(cpu):6.0f} ms{beside}"
        f"   cached {median(cached):.1f} ms",
        flush=True,
    )
