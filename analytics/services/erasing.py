"""Erase people's events from the store, verify it, and write the receipt.

Readings leave the events out since the request. This brings the store after them: it is rewritten without these
people, what it held before is deleted in the ten minutes after, and only when another reading finds no row is the
erasure done. Each step may be repeated, and what dies on the way is begun again.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from django.db import transaction
from django.utils import timezone

from analytics.models import Erasure, InboxEntry, Manifest
from analytics.queries import storage
from analytics.services import erasure_receipts, live
from analytics.services.clickhouse_eraser import ClickHouseEraser
from analytics.services.compaction import RETIRED_KEPT
from analytics.services.erasures import LEASE
from analytics.services.sealing import FAULTS
from analytics.services.segment_eraser import SegmentEraser
from analytics.store.erased import Verified

LOG = logging.getLogger(__name__)
# A request that was received before the erasure may be written a moment after it.
STILL_WRITING = timedelta(minutes=1)
# Whoever began to merge segments before they were rewritten has ended by then, and the sweep has been there.
SETTLED = max(RETIRED_KEPT, timedelta(seconds=storage.UPKEEP_SECONDS)) + timedelta(minutes=1)


class Eraser(Protocol):
    """What an engine does for erasures."""

    def rewrite(self, project_id: int, erasures: Sequence[Erasure]) -> None:
        """Erase the people's rows from what queries read, count them, and note it with `note_rewritten`."""

    def verify(self, project_id: int, erasures: Sequence[Erasure], moment: datetime) -> Verified | None:
        """Look for rows of the people in all that is stored; None where it is too early to."""


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
        _eraser().rewrite(project_id, waiting)
        return 0
    settled = [erasure for erasure in ready if erasure.rewritten_at and moment >= erasure.rewritten_at + SETTLED]
    if not settled:
        return 0
    verified = _eraser().verify(project_id, settled, moment)
    return erasure_receipts.write(erasures=settled, verified=verified, moment=moment) if verified else 0


def _is_sealed(erasure: Erasure, moment: datetime) -> bool:
    """Whether no event from before the request waits to be sealed, or to be written to the inbox."""
    last = erasure.requested_at + STILL_WRITING
    before = InboxEntry.objects.filter(project_id=erasure.project_id, received_at__lte=last)
    return moment > last and not before.exists()


def _eraser() -> Eraser:
    address = storage.clickhouse_address()
    return ClickHouseEraser(address) if address else SegmentEraser()
