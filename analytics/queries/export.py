"""A project's events, to be taken elsewhere."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import pyarrow as pa
from django.utils import timezone

from accounts.access import Actor
from analytics.exports import OBJECTS, FileFormat, written
from analytics.models import Project
from analytics.queries import manifest, retention, storage
from analytics.queries.sensitive import hidden_from
from analytics.redaction import text_without
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


def events(*, project: Project, wanted: Wanted, actor: Actor | None = None) -> Iterator[bytes]:
    """The file, piece by piece, of one moment, as far back as events are kept, and as the asker may see them.

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
    names = hidden_from(actor, project).in_events
    shown = (_without(batch, names) for batch in found) if names else found
    return written(wanted.kind, shown, chosen.schema)


def _without(batch: pa.RecordBatch, names: frozenset[str]) -> pa.RecordBatch:
    """Without what properties and context hold under these names."""
    columns = {
        name: pa.array([text_without(text, names) for text in batch[name].to_pylist()], batch[name].type)
        if name in OBJECTS
        else batch[name]
        for name in batch.schema.names
    }
    return pa.record_batch(list(columns.values()), schema=batch.schema)


def _midnight(project: Project, day: date) -> datetime:
    return datetime.combine(day, time.min, project.zone).astimezone(UTC)
