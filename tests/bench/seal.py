"""The worker seals EVENTS (10000000) that wait in the inbox, a share of them a round, in a project that has STORED
events (0) of 90 days already.
"""

import os
import uuid
from datetime import UTC, datetime

from analytics.contracts import Event
from analytics.models import Project
from analytics.services import ingestion
from analytics.store.base import micros
from tests.bench import many
from tests.bench.ingest import most_memory, until_sealed
from tests.bench.stack import Product, median, usage_of

EVENTS = int(os.environ.get("EVENTS", "10000000"))
STORED = int(os.environ.get("STORED", "0"))
# What many clients send in one moment is one entry.
AN_ENTRY = 500
PEOPLE = 200_000


def run(product: Product, rounds: int) -> None:
    project = Project.objects.get(pk=product.project_id)
    stored = many.store(product, project, STORED).events if STORED else 0
    worker = product.run.child("worker")
    rates, cpu = [], []
    share = EVENTS // rounds // AN_ENTRY
    for number in range(rounds):
        with product.without("worker"):
            for entry in range(number * share, (number + 1) * share):
                ingestion.accept(project=project, events=_events(entry), announced=False)
        with usage_of(worker) as used:
            seconds = until_sealed()
        rates.append(share * AN_ENTRY / seconds)
        cpu.append(used.cpu / share / AN_ENTRY * 1e6)
    print(f"  {rounds * share * AN_ENTRY:,} events, with {stored:,} stored before")
    print(f"  sealed                       {median(rates):10,.0f} events/s   {median(cpu):.1f} µs of CPU an event")
    print(f"  the first and the last round {rates[0]:10,.0f} and {rates[-1]:,.0f} events/s")
    print(f"  most memory of the worker    {most_memory(worker):10,.0f} MB")


def _events(entry: int) -> list[Event]:
    """Views and actions of now, by people who come again and again."""
    now = micros(datetime.now(UTC))
    return [_event(number, now) for number in range(entry * AN_ENTRY, (entry + 1) * AN_ENTRY)]


def _event(number: int, now: int) -> Event:
    path, is_view = f"/page/{number % 500}", number % 3 > 0
    return Event(
        message_id=str(uuid.uuid4()),
        kind="page" if is_view else "track",
        name="page" if is_view else f"Action {number % 20}",
        time=now + number % AN_ENTRY,
        received_at=now + number % AN_ENTRY,
        anonymous_id=f"visitor-{number * 2_654_435_761 % PEOPLE:012}",
        url=f"https://example.com{path}",
        host="example.com",
        path=path,
        title=f"Page {path}",
        source="Direct",
        channel="Direct",
        browser=("Chrome", "Firefox", "Safari", "Edge")[number % 4],
        os=("Windows", "macOS", "iOS", "Android")[number // 4 % 4],
        device="Desktop",
        country=("DE", "US", "FR", "JP", "IN")[number % 5],
        language="en-US",
        library="plumbline.js",
        properties=f'{{"plan":"{"pro" if number % 4 else "free"}","amount":{number % 500}}}',
    )
