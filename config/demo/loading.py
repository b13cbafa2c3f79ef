"""Load the demo as a client would send it: batches of Segment calls, normalized, accepted, sealed."""

import base64
import itertools
import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

import msgspec
from django.db import transaction
from django.utils import timezone

from accounts.errors import Conflict, Unavailable
from analytics.ingestion.client import ClientInfo
from analytics.ingestion.protocols import segment
from analytics.ingestion.protocols.wire import Request
from analytics.models import InboxEntry
from analytics.services import compaction, ingestion, sealing
from config.demo.models import DemoLoad
from config.demo.progress import Report
from config.demo.recording import Call
from config.demo.simulation import generate

BATCH = 400
# Often enough that the progress is even and little is held at a time; each time costs files to compact.
SEAL_EVERY = 50_000
PATIENCE = 300
PAUSE_SECONDS = 0.2
Received = tuple[datetime, Call]


def load(*, demo: DemoLoad, write_key: str, report: Report) -> None:
    """Send what is not sent yet, then seal and compact; `report` is told how many calls are sent in all.

    Raises Conflict where another process is loading it at the same time, Unavailable where one seals for minutes.
    """
    headers = {"authorization": "Basic " + base64.b64encode(f"{write_key}:".encode()).decode()}
    calls = generate(seed=demo.seed, events=demo.events, now=demo.now)
    unsealed = 0
    for batch in batches(itertools.islice(calls, demo.sent, None)):
        unsealed += _send(demo, headers, batch)
        if unsealed >= SEAL_EVERY:
            sealing.seal_project(project_id=demo.project_id)
            unsealed = 0
        report(demo.sent)
    _seal_all(demo.project_id)
    compaction.compact_project(project_id=demo.project_id)
    demo.finished_at = timezone.now()
    demo.save(update_fields=("finished_at",))


def _seal_all(project_id: int) -> None:
    """Until the inbox is empty: a worker that holds the project has its share done in seconds."""
    for _ in range(PATIENCE):
        sealing.seal_project(project_id=project_id)
        if not InboxEntry.objects.filter(project_id=project_id).exists():
            return
        time.sleep(PAUSE_SECONDS)
    raise Unavailable("The events are accepted, and another process still seals them. Run this again to finish.")


def batches(calls: Iterable[Received]) -> Iterator[list[Received]]:
    """Runs of calls of one day (UTC), as a client would send together."""
    for _, of_day in itertools.groupby(calls, key=lambda received: received[0].date()):
        while batch := list(itertools.islice(of_day, BATCH)):
            yield batch


@transaction.atomic
def _send(demo: DemoLoad, headers: Mapping[str, str], batch: list[Received]) -> int:
    """Accept a batch as the tracking API does, and note it: both or neither. The number of calls."""
    sent = DemoLoad.objects.select_for_update().values_list("sent", flat=True).get(pk=demo.pk)
    if sent != demo.sent:
        raise Conflict("The demo is being loaded by another process.")
    body = msgspec.json.encode({"batch": [call for _, call in batch]})
    submission = segment.parse(Request(path="/v1/batch", headers=headers, body=body))
    ingestion.receive(submission=submission, client=ClientInfo(), now=batch[-1][0])
    demo.sent += len(batch)
    demo.save(update_fields=("sent",))
    return len(batch)
