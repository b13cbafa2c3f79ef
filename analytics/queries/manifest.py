"""What of a project is stored, taken at one moment."""

from dataclasses import replace
from datetime import datetime

from analytics.kinds.named import NOTHING, Named
from analytics.models import Manifest, Segment, StoredBatch
from analytics.queries import erasures, known, people, storage
from analytics.store.base import Snapshot, StoredFile, Visible


def version_of(project_id: int) -> int:
    """The version of the project's stored events; it grows with every change."""
    return Manifest.objects.values_list("version", flat=True).get(project_id=project_id)


def snapshot(project_id: int, *, start: datetime, end: datetime) -> Snapshot:
    """The files with events of a span, and the links and erasures that they do not know of, as of one version.

    Whoever changes one of them raises the version with it, so equal before and after is one moment.
    """
    return _database(project_id) if storage.clickhouse_address() else _files(project_id, start, end)


def snapshot_with(project_id: int, named: Named, *, start: datetime, end: datetime) -> Snapshot:
    """A snapshot with what is known of people and groups of what a spec names, as of the same version.

    Raises Invalid for a cohort that the project does not have, and NotReady for one that was never computed.
    """
    while True:
        found = snapshot(project_id, start=start, end=end)
        if named is NOTHING:
            return found
        found = replace(found, known=known.of(project_id, found.version, named))
        if version_of(project_id) == found.version:
            return found


def _files(project_id: int, start: datetime, end: datetime) -> Snapshot:
    while True:
        before = Manifest.objects.get(project_id=project_id)
        segments = list(
            Segment.objects.live().filter(project_id=project_id, time_max__gte=start, time_min__lt=end)
        )
        oldest = min((segment.created_at for segment in segments), default=None)
        links = people.links_since(project_id, oldest) if oldest else {}
        erased = erasures.to_leave_out(project_id) if oldest else {}
        if version_of(project_id) == before.version:
            break
    files = tuple(
        StoredFile(
            path=storage.path_of(segment),
            property_columns=frozenset(segment.property_columns),
            first_day=segment.first_day,
            last_day=segment.last_day,
            rows=segment.rows,
            is_summarized=segment.is_summarized,
            bytes=segment.bytes,
        )
        for segment in segments
    )
    return Snapshot(before.version, before.data_up_to, files, links, erased, project_id)


def _database(project_id: int) -> Snapshot:
    while True:
        before = Manifest.objects.get(project_id=project_id)
        seen = visible(before)
        links = people.links_since(project_id, before.people_known_at)
        erased = erasures.to_leave_out(project_id)
        if version_of(project_id) == before.version:
            return Snapshot(before.version, before.data_up_to, (), links, erased, project_id, seen)


def visible(manifest: Manifest) -> Visible:
    """What is complete of a project's batches; of one moment if the manifest is locked or its version the same."""
    opened = StoredBatch.objects.filter(project_id=manifest.project_id, completed_at=None)
    return Visible(manifest.last_batch, frozenset(opened.values_list("pk", flat=True)))
