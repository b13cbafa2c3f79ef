"""What of a project is stored, taken at one moment."""

from datetime import datetime

from analytics.models import Manifest, Segment
from analytics.queries import erasures, people, storage
from analytics.store.base import Snapshot, StoredFile


def version_of(project_id: int) -> int:
    """The version of the project's stored events; it grows with every change."""
    return Manifest.objects.values_list("version", flat=True).get(project_id=project_id)


def snapshot(project_id: int, *, start: datetime, end: datetime) -> Snapshot:
    """The files with events of a span, and the links and erasures that they do not know of, as of one version.

    Whoever changes one of them raises the version with it, so equal before and after is one moment.
    """
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
        StoredFile(storage.path_of(segment), frozenset(segment.property_columns)) for segment in segments
    )
    return Snapshot(before.version, before.data_up_to, files, links, erased)
