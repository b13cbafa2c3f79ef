"""Verify that nothing of a person is on disk, and write the receipt: the last thing that knows their ids."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import transaction

from analytics.models import Erasure, Segment
from analytics.queries import storage
from analytics.queries.erasures import ids_until
from analytics.services.compaction import ORPHANS_KEPT, UNREADABLE_KEPT
from analytics.store.erased import plain_search
from analytics.store.files import FORMING

LOG = logging.getLogger(__name__)
HOW = "Every Parquet file of the project on disk was read plainly, without the engine that erased."


@dataclass(frozen=True, slots=True)
class Verified:
    """What was read, and which of the erasures (by their places) still have a row somewhere."""

    files: int
    rows: int
    unfinished: frozenset[int]


def finish(*, project_id: int, erasures: Sequence[Erasure], moment: datetime) -> int:
    """End those of these erasures of which no file of the project has a row; how many.

    The caller knows that no live segment has one. This looks at all files, also at what is yet to be swept.
    """
    folder = storage.folder() / str(project_id)
    files = list(folder.rglob("*.parquet"))
    names = {path.stem for path in files}
    ready = [item for item in erasures if names.isdisjoint(map(str, item.replaced))]
    if not ready or _is_left_behind(folder, moment):
        return 0
    try:
        verified = _verify(_strays_first(project_id, files), ready)
    except FileNotFoundError:
        # Compaction and the sweep were faster: the next minute reads what is there then.
        return 0
    return sum(
        _end(item, verified, moment) for place, item in enumerate(ready) if place not in verified.unfinished
    )


def _is_left_behind(folder: Path, moment: datetime) -> bool:
    """Whether there is a half-written file of somebody who died; the sweep deletes it within the hour."""
    before = (moment - ORPHANS_KEPT / 2).timestamp()
    return any(path.stat().st_mtime < before for path in folder.rglob(f"*{FORMING}"))


def _strays_first(project_id: int, files: Iterable[Path]) -> list[Path]:
    """The files with those of no live segment in front: only they may have rows, and there are few."""
    live = {str(pk) for pk in Segment.objects.live().filter(project_id=project_id).values_list("pk", flat=True)}
    return sorted(files, key=lambda path: path.stem in live)


def _verify(files: Sequence[Path], erasures: Sequence[Erasure]) -> Verified:
    groups = [ids_until([item]) for item in erasures]
    rows = 0
    unfinished: set[int] = set()
    for path in files:
        read, found = plain_search(path, groups)
        rows, unfinished = rows + read, unfinished | found
        if len(unfinished) == len(groups):
            break
    return Verified(len(files), rows, frozenset(unfinished))


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
            "how": HOW,
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
