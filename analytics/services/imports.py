"""Import files of past events, in chunks that are each durable: what was read before a stop is kept."""

import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Max, Sum
from django.utils import timezone

from analytics.contracts import DropReason
from analytics.ingestion.files.judging import Complain, judge
from analytics.ingestion.files.source import Row
from analytics.models import DropCount, InboxEntry, Project
from analytics.queries.options import options_of
from analytics.services import imported_totals, ingestion, quota, sealing

CHUNK = 5000
SEAL_SECONDS = 300
_POLL_SECONDS = 0.2


@dataclass(slots=True)
class Report:
    """What became of the lines: `read` = `accepted` + `dropped` + `unreadable`.

    Of the accepted, `duplicates` were in the store already, and `waiting` are not sealed yet. Duplicates are told
    by the project's ledger (`duplicates_before` is where it stood), so other senders' are among them.
    """

    duplicates_before: int
    read: int = 0
    accepted: int = 0
    unreadable: int = 0
    duplicates: int = 0
    waiting: int = 0
    dropped: Counter[DropReason] = field(default_factory=Counter)

    @property
    def stored(self) -> int:
        return self.accepted - self.duplicates - self.waiting


Advance = Callable[[Report], None]


def import_rows(
    *, project: Project, rows: Iterable[Row], keep_bots: bool, complain: Complain, advance: Advance
) -> Report:
    """Take the rows of a file into the project's inbox.

    `complain` hears the number of each line that cannot be read and why; `advance` the report so far, after each
    chunk. A line that is malformed counts as unreadable, and in the ledger of drops as invalid.
    Raises QuotaExceeded before the first chunk that the plan does not allow; what was read before is kept.
    """
    report = Report(duplicates_before=_duplicates(project))
    for chunk in chunks(rows):
        _take(project, chunk, report, keep_bots, complain)
        advance(report)
    return report


def seal(*, project: Project, report: Report) -> None:
    """Bring what was imported into the store, so that its numbers are there when this returns.

    Where a worker seals the project at the same time, waits for it, though not for ever.
    """
    ours = InboxEntry.objects.filter(project=project)
    ours = ours.filter(pk__lte=ours.aggregate(last=Max("pk"))["last"] or 0)
    deadline = time.monotonic() + SEAL_SECONDS
    while True:
        sealing.seal_project(project_id=project.pk)
        if not ours.exists() or time.monotonic() > deadline:
            break
        time.sleep(_POLL_SECONDS)
    report.waiting = ours.aggregate(events=Sum("events"))["events"] or 0
    report.duplicates = _duplicates(project) - report.duplicates_before


def chunks(rows: Iterable[Row]) -> Iterable[list[Row]]:
    chunk: list[Row] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


@transaction.atomic
def _take(project: Project, chunk: list[Row], report: Report, keep_bots: bool, complain: Complain) -> None:
    now = timezone.now()
    quota.admit_import(project=project, now=now)
    judged = judge(chunk, now=now, options=options_of(project), keep_bots=keep_bots)
    for number, reason in judged.complaints:
        complain(number, reason)
    ingestion.accept(project=project, events=judged.events, drops=judged.drops, received_at=now, announced=False)
    imported_totals.keep(project=project, totals=judged.totals)
    report.read += len(chunk)
    report.accepted += judged.accepted
    report.unreadable += judged.unreadable
    report.dropped += judged.dropped


def _duplicates(project: Project) -> int:
    ledger = DropCount.objects.filter(project=project, reason=DropReason.DUPLICATE)
    return ledger.aggregate(events=Sum("events"))["events"] or 0
