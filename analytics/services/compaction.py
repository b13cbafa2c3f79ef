"""Keep segments few and large, and the store's folder free of what no manifest names."""

import logging
import threading
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from analytics.models import Manifest, Segment
from analytics.queries import people, storage
from analytics.services.sealing import FAULTS, latest_moment
from analytics.store.erased import NOBODY, Erased
from analytics.store.files import FORMING, SUMMARY, Written, segment_id, summary_path
from analytics.store.merge import Input, merge
from analytics.store.plan import Facts, plan

LOG = logging.getLogger(__name__)
# As long as a query may still hold a segment that was replaced, and a writer a file that no transaction claims
# yet.
RETIRED_KEPT = timedelta(minutes=10)
ORPHANS_KEPT = timedelta(hours=1)
# For a person to look at what could not be read; longer would keep what nobody can search for an erased person.
UNREADABLE_KEPT = timedelta(days=14)
# While this file is in the store's folder, files of no segment stay: for whoever has restored an older database.
KEEP = "KEEP"
_compacting = threading.Lock()


def compact_all() -> None:
    """Compact every project that has more than one segment; one's fault stops no other.

    Nothing where a thread of this process is at it: the next minute comes before a large merge has ended, and the
    same merge twice at once takes twice the memory for one result.
    """
    if _compacting.acquire(blocking=False):
        try:
            _compact_each()
        finally:
            _compacting.release()


def _compact_each() -> None:
    counted = Segment.objects.live().values("project_id").annotate(segments=Count("id")).filter(segments__gt=1)
    for project_id in counted.values_list("project_id", flat=True).order_by("project_id"):
        try:
            compact_project(project_id=project_id)
        except FAULTS:
            LOG.exception("Compaction failed; the segments stay.", extra={"project_id": project_id})


def compact_project(*, project_id: int, now: datetime | None = None) -> int:
    """Merge what the planner says; the number of segments that were replaced."""
    live = Segment.objects.live().filter(project_id=project_id)
    facts = [Facts(item.pk, item.first_day, item.last_day, item.rows, item.created_at) for item in live]
    groups = plan(facts, now or timezone.now())
    return sum(_merge(project_id, [item.id for item in group]) for group in groups)


def _merge(project_id: int, ids: Sequence[UUID]) -> int:
    new = write_merged(project_id=project_id, ids=ids)
    return len(ids) if new and replace(project_id=project_id, ids=ids, new=new) else 0


def write_merged(*, project_id: int, ids: Sequence[UUID], erased: Erased = NOBODY) -> Segment | None:
    """Write one file with the rows of segments, without those of who is erased; `replace` puts it in their place.

    None where one of them is not live any more. This does not hold up the sealing: segments never change, and
    links are taken as of one moment.
    """
    with transaction.atomic():
        Manifest.objects.select_for_update().get(project_id=project_id)
        segments = list(Segment.objects.live().filter(project_id=project_id, pk__in=ids).order_by("first_day"))
        at = latest_moment(project_id)
        links = people.links_since(project_id, min(item.created_at for item in segments)) if segments else {}
    if len(segments) < len(ids) or at is None:
        return None
    new = Segment(
        project_id=project_id,
        first_day=min(item.first_day for item in segments),
        last_day=max(item.last_day for item in segments),
        created_at=at,
    )
    inputs = [Input(storage.path_of(item), item.property_columns) for item in segments]
    written = merge(inputs, links, storage.path_of(new), storage.upkeep_limits(), erased)
    return _with_facts(new, written)


def _with_facts(segment: Segment, written: Written) -> Segment:
    segment.time_min, segment.time_max = written.time_min, written.time_max
    segment.rows, segment.bytes, segment.checksum = written.rows, written.bytes, written.checksum
    segment.property_columns = written.property_columns
    segment.is_summarized = True
    return segment


@transaction.atomic
def replace(*, project_id: int, ids: Sequence[UUID], new: Segment | None) -> bool:
    """Put one segment in the place of others, or none where nothing is left of them.

    Not if one of them is gone: a new file is then swept, and what was replaced meanwhile cannot come back by it.
    """
    manifest = Manifest.objects.select_for_update().get(project_id=project_id)
    replaced = Segment.objects.live().filter(project_id=project_id, pk__in=ids)
    if replaced.count() < len(ids):
        return False
    replaced.update(retired_at=timezone.now())
    if new is not None:
        new.save(force_insert=True)
    manifest.version += 1
    manifest.save(update_fields=["version"])
    return True


def sweep(*, now: datetime | None = None) -> int:
    """Delete the files of segments that were replaced a while ago, old files of no segment, and what could not be
    read long ago; how many.
    """
    moment = now or timezone.now()
    retired = Segment.objects.filter(retired_at__lt=moment - RETIRED_KEPT)
    paths = [storage.path_of(segment) for segment in retired]
    for path in paths:
        summary_path(path).unlink(missing_ok=True)
        path.unlink(missing_ok=True)
    retired.filter(pk__in=[path.stem for path in paths]).delete()
    orphans = [] if (storage.folder() / KEEP).exists() else list(strays(storage.folder(), moment))
    unreadable = list(_older(storage.unreadable_folder(), "*.zst", moment - UNREADABLE_KEPT))
    for path in (*orphans, *unreadable):
        path.unlink(missing_ok=True)
    return len(paths) + len(orphans) + len(unreadable)


def strays(folder: Path, moment: datetime) -> Iterator[Path]:
    """Files below this folder of the store that belong to no segment and have been there for a while."""
    for pattern in ("*.parquet", f"*{SUMMARY}", f"*{FORMING}"):
        yield from (path for path in _older(folder, pattern, moment - ORPHANS_KEPT) if not _is_segment(path))


def _older(folder: Path, pattern: str, than: datetime) -> Iterator[Path]:
    return (path for path in folder.rglob(pattern) if path.stat().st_mtime < than.timestamp())


def _is_segment(path: Path) -> bool:
    return path.suffix != FORMING and Segment.objects.filter(pk=segment_id(path)).exists()
