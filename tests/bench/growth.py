"""From one to ten to a hundred million events (SIZES=1,10,100), as many a day.

Each size is a project of its own. Questions are of the last days, as many as every size has, and of ten and a
hundred times as many where a size has them. Then events come in, beside what is stored.
"""

import os
from datetime import UTC, datetime, timedelta
from typing import Any

from accounts.access import SYSTEM
from accounts.errors import DeadlineExceeded
from analytics.kinds import parse_spec
from analytics.models import Project
from analytics.queries.run import run_query
from analytics.services import projects
from tests.bench import ingest, load, many, query
from tests.bench.stack import Product, median

MILLION = 1_000_000
SIZES = [int(size) for size in os.environ.get("SIZES", "1,10,100").split(",")]
DAYS_OF_A_MILLION = 9
PAGE = {"kind": "overview", "panels": query.PAGE}
QUESTIONS: dict[str, dict[str, Any]] = {
    "overview page": PAGE,
    "total by day": {"kind": "trends", "series": [{}]},
    "people by day": {"kind": "trends", "series": [{"aggregation": "unique"}]},
    "funnel of actions": {"kind": "funnel", "steps": [{"event": f"Action {step}"} for step in (1, 2, 3)]},
    "retention by week": {"kind": "retention"},
}


def run(product: Product, rounds: int) -> None:
    first = Project.objects.get(pk=product.project_id)
    for place, size in enumerate(SIZES):
        project = projects.create(organization=first.organization, name=f"{size} million", actor=SYSTEM)
        days = size * DAYS_OF_A_MILLION
        filled = many.store(product, project, size * MILLION, days)
        print(
            f"  {filled.events:,} events of {days} days; written and compacted in "
            f"{filled.written + filled.compacted:.0f} s",
            flush=True,
        )
        for asked in [DAYS_OF_A_MILLION * other for other in SIZES[: place + 1]]:
            for name, spec in QUESTIONS.items():
                _ask(project, name, spec, asked, rounds)
        _take_in(product, project, place, rounds)


def _ask(project: Project, name: str, spec: dict[str, Any], days: int, rounds: int) -> None:
    today = datetime.now(UTC).date()
    period = {"from": str(today - timedelta(days=days - 1)), "to": str(today)}
    parsed = parse_spec({**spec, "period": period})
    times, cpu = [], []
    for _ in range(rounds):
        query.forget(project)
        before = many.cpu_seconds()
        try:
            times.append(query.timed(lambda: run_query(project=project, spec=parsed)))
        except DeadlineExceeded as error:
            print(f"    {name:<20} of {days:4} days {error}", flush=True)
            return
        cpu.append((many.cpu_seconds() - before) * 1000)
    print(f"    {name:<20} of {days:4} days {median(times):10,.0f} ms   CPU {median(cpu):8,.0f} ms", flush=True)


def _take_in(product: Product, project: Project, place: int, rounds: int) -> None:
    """Batches as fast as answers come, and until they are sealed."""
    _, key = projects.create_write_key(project=project, name="bench", actor=SYSTEM)
    rates, emptied = [], []
    for number in range(rounds):
        seed = 1000 * (place + 1) + number
        order = load.Order(product.run.port, key, ingest.BATCHES, ingest.BATCH_CLIENTS, ingest.BATCH, seed)
        events = order.requests * order.batch
        report = load.send(order)
        rates.append(events / report.seconds)
        emptied.append(events / (report.seconds + ingest.until_sealed()))
    print(
        f"    taken in             {median(rates):10,.0f} events/s   until sealed {median(emptied):,.0f} events/s",
        flush=True,
    )
