"""Write the receipt of an erasure that was verified, and destroy the ids."""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction

from accounts.access import SYSTEM
from accounts.audited import Action, Target
from analytics.models import Erasure
from analytics.queries import storage
from analytics.services import trail
from analytics.services.compaction import UNREADABLE_KEPT
from analytics.store.erased import Verified

LOG = logging.getLogger(__name__)


def write(*, erasures: Sequence[Erasure], verified: Verified, moment: datetime) -> int:
    """End those of these erasures of which nothing was found; how many."""
    return sum(
        _end(item, verified, moment) for place, item in enumerate(erasures) if place not in verified.unfinished
    )


@transaction.atomic
def _end(known: Erasure, verified: Verified, moment: datetime) -> bool:
    """Write the receipt and destroy the ids; not if more ids became known meanwhile."""
    erasure = Erasure.objects.unfinished().select_for_update().filter(pk=known.pk, ids=known.ids).first()
    if erasure is None or erasure.rewritten_at is None:
        return False
    erasure.receipt = _receipt(erasure, verified, moment)
    erasure.status, erasure.finished_at = Erasure.Status.DONE, moment
    erasure.asked_for = erasure.person = erasure.fault = ""
    erasure.ids, erasure.leased_until = [], None
    erasure.save()
    trail.note(
        action=Action.ERASURE_FINISHED,
        actor=SYSTEM,
        project=erasure.project,
        target=Target(str(erasure.pk), "a person"),
        after={"person": erasure.person_hash, **erasure.receipt["erased"]},
    )
    LOG.info("An erasure is done.", extra={"project_id": erasure.project_id, "erasure": str(erasure.pk)})
    return True


def _receipt(erasure: Erasure, verified: Verified, moment: datetime) -> dict[str, Any]:
    return {
        "person": erasure.person_hash,
        "ids": erasure.hashes,
        "requested_at": erasure.requested_at.isoformat(),
        "finished_at": moment.isoformat(),
        "erased": {
            "events": erasure.events,
            "segments_rewritten": erasure.segments,
            "waiting_events": erasure.waiting_events,
            "links": erasure.links,
            "traits": erasure.traits,
            "live_list": "emptied",
        },
        "verified": {
            "how": verified.how,
            "files_read": verified.files,
            "rows_read": verified.rows,
            "rows_found": 0,
            "replaced_files_gone": len(erasure.replaced),
        },
        "not_searched": _not_searched(erasure.project_id),
    }


def _not_searched(project_id: int) -> dict[str, Any]:
    """What cannot be read cannot be searched: how many inbox entries that is, and when the last one goes."""
    folder = storage.unreadable_folder() / str(project_id)
    times = [path.stat().st_mtime for path in folder.glob("*.zst")]
    gone_by = datetime.fromtimestamp(max(times), UTC) + UNREADABLE_KEPT + timedelta(hours=1) if times else None
    return {"unreadable_entries": len(times), "deleted_by": gone_by and gone_by.isoformat()}
