"""Look whether what is stored is what the manifest says, and repair what can be."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path

from django.utils import timezone

from analytics.models import InboxEntry, Project, Segment, StoredBatch
from analytics.queries import storage
from analytics.services import store_repair
from analytics.services.batches import UNREADABLE, decode
from analytics.services.compaction import strays
from analytics.store.columns import JSON_ONLY
from analytics.store.inspection import Claim, Fault, Finding, inspect

# An insert that is under way takes minutes at most.
BATCH_TIME = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class How:
    """`give_up` takes segments whose file is missing out of the manifest: their events are lost for good."""

    quick: bool = False
    repair: bool = False
    give_up: bool = False


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong; `repaired` says what was done about it, or is empty."""

    project_id: int
    subject: str
    finding: Finding
    repaired: str = ""


@dataclass(frozen=True, slots=True)
class Looked:
    """One piece that was looked at: a segment, with its rows and bytes, or something beside them."""

    problems: Sequence[Problem]
    segments: int = 0
    rows: int = 0
    bytes: int = 0


def check(*, project_id: int | None, how: How, now: datetime | None = None) -> Iterator[Looked]:
    """Look at one project or at all, piece by piece. The product may run meanwhile."""
    moment = now or timezone.now()
    known = Project.objects.order_by("pk").values_list("pk", flat=True)
    ids = list(known if project_id is None else known.filter(pk=project_id))
    for pk in ids:
        yield from _segments(pk, how)
        yield Looked([*_entries(pk), *_put_aside(pk), *_open_batches(pk, moment)])
    folders = [storage.folder() / str(pk) for pk in ids] if project_id is not None else [storage.folder()]
    for path in chain.from_iterable(strays(folder, moment) for folder in folders):
        yield Looked([_stray(path, how)])


def _segments(project_id: int, how: How) -> Iterator[Looked]:
    ids = Segment.objects.live().filter(project_id=project_id).order_by("first_day", "pk")
    for pk in ids.values_list("pk", flat=True):
        segment = Segment.objects.live().filter(pk=pk).first()
        if segment is not None:
            yield Looked(_of_segment(segment, how), 1, segment.rows, segment.bytes)


def _of_segment(segment: Segment, how: How) -> list[Problem]:
    findings = list(inspect(claim_of(segment), storage.upkeep_limits(), quick=how.quick))
    # Compaction may have replaced it meanwhile, and the sweep may have been there.
    if not findings or not Segment.objects.live().filter(pk=segment.pk).exists():
        return []
    problems = [Problem(segment.project_id, str(segment.pk), finding) for finding in findings]
    if not (how.repair or how.give_up):
        return problems
    done = store_repair.repair_segment(
        segment=segment, faults={finding.fault for finding in findings}, give_up=how.give_up, repair=how.repair
    )
    return [replace(problem, repaired=done.get(problem.finding.fault, "")) for problem in problems]


def claim_of(segment: Segment) -> Claim:
    return Claim(
        path=storage.path_of(segment),
        rows=segment.rows,
        bytes=segment.bytes,
        checksum=segment.checksum,
        first_day=segment.first_day,
        last_day=segment.last_day,
        property_columns=frozenset(segment.property_columns) - {JSON_ONLY},
        is_summarized=segment.is_summarized,
    )


def _entries(project_id: int) -> Iterator[Problem]:
    """Sealing puts these aside; until then they wait."""
    for entry in InboxEntry.objects.filter(project_id=project_id).order_by("pk").iterator(chunk_size=100):
        try:
            decode(entry)
        except UNREADABLE as error:
            yield Problem(project_id, f"inbox entry {entry.pk}", Finding(Fault.ENTRY, str(error)))


def _put_aside(project_id: int) -> Iterator[Problem]:
    for path in sorted((storage.unreadable_folder() / str(project_id)).glob("*.zst")):
        yield Problem(project_id, str(path), Finding(Fault.PUT_ASIDE, "its events could not be read"))


def _open_batches(project_id: int, moment: datetime) -> Iterator[Problem]:
    left = StoredBatch.objects.filter(project_id=project_id, completed_at=None, created_at__lt=moment - BATCH_TIME)
    for batch in left.order_by("pk"):
        yield Problem(project_id, f"batch {batch.pk}", Finding(Fault.OPEN_BATCH, f"since {batch.created_at}"))


def _stray(path: Path, how: How) -> Problem:
    name = path.relative_to(storage.folder()).parts[0]
    project_id = int(name) if name.isdecimal() else 0
    repaired = ""
    if how.repair:
        path.unlink(missing_ok=True)
        repaired = "deleted"
    return Problem(project_id, str(path), Finding(Fault.STRAY, "no segment names it"), repaired)
