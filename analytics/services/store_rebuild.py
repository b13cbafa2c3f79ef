"""Make a project's manifest anew from its files, for whoever has lost the database or restored an older one.

A file carries its events and its own id. What only the database knew is not in it: which files had been replaced
and waited to be deleted, who was linked to whom since, usage, definitions, traits, and erasures under way.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from django.db import transaction

from accounts.errors import Conflict
from analytics.models import Manifest, Segment
from analytics.queries import storage
from analytics.store.columns import JSON_ONLY
from analytics.store.files import segment_id, summary_path
from analytics.store.inspection import UNREADABLE, footer
from analytics.store.overlaps import shared


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file that shares events with one that is taken; `alone` are events that only it has."""

    path: Path
    rows: int
    alone: int


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What became of the files that no segment named."""

    taken: Sequence[Path]
    rows: int
    left_out: Sequence[LeftOut]
    unreadable: Sequence[Path]


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    rows: int
    is_live: bool

    @property
    def rank(self) -> tuple[bool, float]:
        """What is in the manifest comes before all, then what is newer: a merged file is newer than its parts."""
        return self.is_live, self.path.stat().st_mtime


@transaction.atomic
def rebuild(*, project_id: int, newest_wins: bool = False) -> Rebuilt:
    """Take files of no segment into the manifest.

    Raises Conflict where files share events, unless the newest of them is to win: what was merged or erased is
    then not brought back by the older file.
    """
    manifest = Manifest.objects.select_for_update().select_related("project").get(project_id=project_id)
    live = [
        _File(storage.path_of(item), item.rows, is_live=True)
        for item in Segment.objects.live().filter(project_id=project_id)
    ]
    strangers, unreadable = _strangers(project_id)
    taken, left_out = _parted([item for item in live if item.path.exists()] + strangers)
    if left_out and not newest_wins:
        raise Conflict(
            f"{len(left_out)} files have events that newer files have, too, as replaced files do; "
            f"for example {left_out[0].path}. Say --newest-wins to leave them out."
        )
    Segment.objects.bulk_create([_segment(manifest, item) for item in taken])
    _advance(manifest, taken)
    return Rebuilt([item.path for item in taken], sum(item.rows for item in taken), left_out, unreadable)


def _strangers(project_id: int) -> tuple[list[_File], list[Path]]:
    """Whole files of no segment, and those that cannot be read. What is retired keeps its row, and stays so."""
    found: list[_File] = []
    unreadable: list[Path] = []
    for path in sorted((storage.folder() / str(project_id)).glob("*/*.parquet")):
        if Segment.objects.filter(pk=segment_id(path)).exists():
            continue
        try:
            found.append(_File(path, footer(path).rows, is_live=False))
        except UNREADABLE:
            unreadable.append(path)
    return found, unreadable


def _parted(files: Sequence[_File]) -> tuple[list[_File], list[LeftOut]]:
    """What is to be taken, and what shares events with something that comes before it."""
    limits = storage.upkeep_limits()
    common = shared([item.path for item in files], sum(item.rows for item in files), limits)
    kept: list[_File] = []
    left_out: list[LeftOut] = []
    for item in sorted(files, key=lambda item: item.rank, reverse=True):
        before = {other.path for other in kept}
        there = sum(count for paths, count in common.items() if item.path in paths and before & paths)
        if there and not item.is_live:
            left_out.append(LeftOut(item.path, item.rows, item.rows - there))
        else:
            kept.append(item)
    return [item for item in kept if not item.is_live], left_out


def _segment(manifest: Manifest, item: _File) -> Segment:
    """As old as its project: which links it knows is in no file, and those it knows do no harm again."""
    found = footer(item.path)
    summary = summary_path(item.path)
    is_summarized = summary.exists()
    with item.path.open("rb") as file:
        checksum = hashlib.file_digest(file, "sha256").hexdigest()
    return Segment(
        pk=segment_id(item.path),
        project_id=manifest.project_id,
        first_day=found.time_min.date(),
        last_day=found.time_max.date(),
        time_min=found.time_min,
        time_max=found.time_max,
        rows=found.rows,
        bytes=item.path.stat().st_size + (summary.stat().st_size if is_summarized else 0),
        checksum=checksum,
        # A merged file does not say whether it lacks columns; a query that looks into the JSON is right anyway.
        property_columns=[*sorted(found.property_columns), JSON_ONLY],
        is_summarized=is_summarized,
        created_at=manifest.project.created_at,
    )


def _advance(manifest: Manifest, taken: Sequence[_File]) -> None:
    latest = max((footer(item.path).received_max for item in taken), default=None)
    manifest.version += 1
    manifest.data_up_to = max(filter(None, (manifest.data_up_to, latest)), default=None)
    manifest.save(update_fields=["version", "data_up_to"])
