"""Erase people's events from the files, verify it by another reader, and write the receipt.

Readings leave the events out since the request. This brings the files after them: segments with rows of these
people are rewritten as compaction does it, the sweep deletes the files that they replace, and only when no file of
the project has such a row is the erasure done. Each step may be repeated, and what dies on the way is begun again.
"""

import logging
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from analytics.models import Erasure, InboxEntry, Manifest, Segment
from analytics.queries import storage
from analytics.queries.erasures import ids_until
from analytics.services import erasure_receipts, live
from analytics.services.compaction import RETIRED_KEPT, replace, write_merged
from analytics.services.sealing import FAULTS
from analytics.store.erased import count_by_file

LOG = logging.getLogger(__name__)
LEASE = timedelta(minutes=30)
# A request that was received before the erasure may be written a moment after it.
STILL_WRITING = timedelta(minutes=1)
# Whoever began to merge segments before they were rewritten has ended by then, and the sweep has been there.
SETTLED = max(RETIRED_KEPT, timedelta(seconds=storage.UPKEEP_SECONDS)) + timedelta(minutes=1)


class NotForgotten(Exception):
    """The list of the live view could not be emptied."""


def erase_all(*, now: datetime | None = None) -> None:
    """Go on with every open erasure; one project's fault stops no other, and shows on its page."""
    waiting = Erasure.objects.unfinished().order_by("project_id").values_list("project_id", flat=True).distinct()
    for project_id in waiting:
        erase_project(project_id=project_id, now=now)


def erase_project(*, project_id: int, now: datetime | None = None) -> int:
    """Go on with the project's erasures, all in one pass over the files; how many came to their end."""
    moment = now or timezone.now()
    erasures = _lease(project_id, moment)
    if not erasures:
        return 0
    held = Erasure.objects.filter(pk__in=[erasure.pk for erasure in erasures])
    try:
        done = _erase(project_id, erasures, moment)
    except (*FAULTS, NotForgotten) as error:
        LOG.exception("Erasing failed; it is tried again.", extra={"project_id": project_id})
        fault = str(error) or type(error).__name__
        held.unfinished().update(status=Erasure.Status.FAILED, fault=fault[:500], leased_until=None)
        return 0
    held.unfinished().update(leased_until=None, fault="")
    return done


def _lease(project_id: int, moment: datetime) -> list[Erasure]:
    """The erasures that this process may work on: all of the project's, or none."""
    with transaction.atomic():
        Manifest.objects.select_for_update().get(project_id=project_id)
        waiting = Erasure.objects.unfinished().filter(project_id=project_id)
        if waiting.filter(leased_until__gt=moment).exists():
            return []
        waiting.update(leased_until=moment + LEASE, status=Erasure.Status.RUNNING)
        return list(waiting.order_by("requested_at"))


def _erase(project_id: int, erasures: Sequence[Erasure], moment: datetime) -> int:
    ready = [erasure for erasure in erasures if _is_sealed(erasure, moment)]
    if waiting := [erasure for erasure in ready if erasure.rewritten_at is None]:
        if not live.forget(project_id=project_id):
            raise NotForgotten("Redis does not answer.")
        _rewrite(project_id, waiting)
        return 0
    settled = [erasure for erasure in ready if erasure.rewritten_at and moment >= erasure.rewritten_at + SETTLED]
    return erasure_receipts.finish(project_id=project_id, erasures=settled, moment=moment) if settled else 0


def _is_sealed(erasure: Erasure, moment: datetime) -> bool:
    """Whether no event from before the request waits to be sealed, or to be written to the inbox."""
    last = erasure.requested_at + STILL_WRITING
    before = InboxEntry.objects.filter(project_id=erasure.project_id, received_at__lte=last)
    return moment > last and not before.exists()


def _rewrite(project_id: int, erasures: Sequence[Erasure]) -> None:
    """Rewrite until every live segment is known to have no row of these people; then readings need not look."""
    clean: set[UUID] = set()
    while not _close(project_id, erasures, clean):
        segments = list(Segment.objects.live().filter(project_id=project_id).exclude(pk__in=clean))
        files = [storage.path_of(segment) for segment in segments]
        groups = [ids_until([erasure]) for erasure in erasures]
        found = count_by_file(files, groups, storage.limits(seconds=storage.UPKEEP_SECONDS))
        for segment, path in zip(segments, files, strict=True):
            if path in found:
                _rewrite_one(segment, found[path], erasures)
            else:
                clean.add(segment.pk)


def _rewrite_one(segment: Segment, rows: Counter[int], erasures: Sequence[Erasure]) -> None:
    """Put a segment without the people's rows in its place, and count; nothing if it was replaced meanwhile."""
    ids = [segment.pk]
    new = None
    if rows.total() < segment.rows:
        new = write_merged(project_id=segment.project_id, ids=ids, erased=ids_until(erasures))
        if new is None:
            return
    with transaction.atomic():
        if not replace(project_id=segment.project_id, ids=ids, new=new):
            return
        for place, count in rows.items():
            erasure = Erasure.objects.select_for_update().get(pk=erasures[place].pk)
            erasure.events, erasure.segments = erasure.events + count, erasure.segments + 1
            erasure.replaced = [*erasure.replaced, segment.pk]
            erasure.save(update_fields=["events", "segments", "replaced"])


@transaction.atomic
def _close(project_id: int, erasures: Sequence[Erasure], clean: set[UUID]) -> bool:
    """Note that the rewriting is over, if every live segment is clean. No segment comes while this looks."""
    Manifest.objects.select_for_update().get(project_id=project_id)
    if Segment.objects.live().filter(project_id=project_id).exclude(pk__in=clean).exists():
        return False
    now = timezone.now()
    for erasure in erasures:
        # Not where sealing learnt of more ids meanwhile.
        Erasure.objects.filter(pk=erasure.pk, ids=erasure.ids).update(rewritten_at=now)
    return True
