"""A project's events, to be taken elsewhere."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.utils import timezone

from analytics.exports import FileFormat, written
from analytics.models import Project
from analytics.queries import manifest, retention, storage
from analytics.store.base import EPOCH, SnapshotGone
from analytics.store.scan import Scan

END = datetime(9999, 12, 31, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to export: days in the project's time zone, both included; None leaves an end open."""

    kind: FileFormat
    columns: tuple[str, ...]
    first: date | None = None
    last: date | None = None
    names: tuple[str, ...] = ()

    def file_name(self, project: Project) -> str:
        days = [day.isoformat() for day in (self.first, self.last) if day is not None]
        return f"{'-'.join([project.slug, 'events', *days])}.{self.kind}"


def events(*, project: Project, wanted: Wanted) -> Iterator[bytes]:
    """The file, piece by piece, of one moment, as far back as the plan keeps events.

    The database is asked before this returns and not after.
    """
    kept = retention.kept_from(project.organization_id, now=timezone.now()) or EPOCH
    start = max(kept, _midnight(project, wanted.first) if wanted.first else EPOCH)
    end = _midnight(project, wanted.last + timedelta(days=1)) if wanted.last else END
    chosen = Scan(start, end, wanted.names, wanted.columns)
    try:
        found = storage.scan(manifest.snapshot(project.pk, start=start, end=end), chosen)
    except SnapshotGone:
        # Compaction and sweeping took a file away between the two; a new snapshot knows its successor.
        found = storage.scan(manifest.snapshot(project.pk, start=start, end=end), chosen)
    return written(wanted.kind, found, chosen.schema)


def _midnight(project: Project, day: date) -> datetime:
    return datetime.combine(day, time.min, project.zone).astimezone(UTC)
