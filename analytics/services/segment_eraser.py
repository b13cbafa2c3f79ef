"""Erase people from segments: rewrite the files that have rows of theirs, and read all files to verify it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.db import transaction

from analytics.models import Erasure, Manifest, Segment
from analytics.queries import storage
from analytics.queries.erasures import ids_until
from analytics.services.compaction import ORPHANS_KEPT, replace, write_merged
from analytics.services.erasures import note_rewritten, renew
from analytics.store.erased import Verified, count_by_file, plain_search
from analytics.store.files import FORMING

HOW = "Every Parquet file of the project on disk was read plainly, without the engine that erased."


class SegmentEraser:
    """`erasing.Eraser` over the segments on this machine."""

    def rewrite(self, project_id: int, erasures: Sequence[Erasure]) -> None:
        """Rewrite until every live segment is known to have no row of these people."""
        clean: set[UUID] = set()
        while not _close(project_id, erasures, clean):
            segments = list(Segment.objects.live().filter(project_id=project_id).exclude(pk__in=clean))
            files = [storage.path_of(segment) for segment in segments]
            groups = [ids_until([erasure]) for erasure in erasures]
            found = count_by_file(files, groups, storage.upkeep_limits())
            for segment, path in zip(segments, files, strict=True):
                if path in found:
                    renew(erasures)
                    _rewrite_one(segment, found[path], erasures)
                else:
                    clean.add(segment.pk)

    def verify(self, project_id: int, erasures: Sequence[Erasure], moment: datetime) -> Verified | None:
        """Read all files of the project, also those that the sweep has yet to delete."""
        folder = storage.folder() / str(project_id)
        files = list(folder.rglob("*.parquet"))
        names = {path.stem for path in files}
        there = {place for place, item in enumerate(erasures) if not names.isdisjoint(map(str, item.replaced))}
        if len(there) == len(erasures) or _is_left_behind(folder, moment):
            return None
        try:
            return _verify(_strays_first(project_id, files), erasures, there)
        except FileNotFoundError:
            # Compaction and the sweep were faster: the next minute reads what is there then.
            return None


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
    note_rewritten(erasures)
    return True


def _is_left_behind(folder: Path, moment: datetime) -> bool:
    """Whether there is a half-written file of somebody who died, or one that belonged to a segment's file.

    The sweep deletes it within the hour.
    """
    before = (moment - ORPHANS_KEPT / 2).timestamp()
    files = [path for path in folder.rglob("*.*") if path.suffix != ".parquet"]
    formed = [path for path in files if path.suffix != FORMING]
    return any(not path.with_suffix(".parquet").exists() for path in formed) or any(
        path.stat().st_mtime < before for path in files if path.suffix == FORMING
    )


def _strays_first(project_id: int, files: Iterable[Path]) -> list[Path]:
    """The files with those of no live segment in front: only they may have rows, and there are few."""
    live = {str(pk) for pk in Segment.objects.live().filter(project_id=project_id).values_list("pk", flat=True)}
    return sorted(files, key=lambda path: path.stem in live)


def _verify(files: Sequence[Path], erasures: Sequence[Erasure], there: set[int]) -> Verified:
    groups = [ids_until([item]) for item in erasures]
    rows, found = 0, set(there)
    for path in files:
        renew(erasures)
        read, owners = plain_search(path, groups)
        rows, found = rows + read, found | owners
        if len(found) == len(groups):
            break
    return Verified(HOW, len(files), rows, frozenset(found))
