"""Move segments into ClickHouse, each as one batch: resumable, verified, and invisible until it is whole."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from analytics.models import Manifest, Segment, StoredBatch
from analytics.queries import storage
from analytics.services.clickhouse_writer import begin, raise_last_batch
from analytics.store.base import StoreFault
from analytics.store.clickhouse.checksums import Checked, checksum_of
from analytics.store.clickhouse.rows import rows_of, with_own
from analytics.store.clickhouse.writing import ClickHouseTable

ROWS_AT_ONCE = 100_000
_decode = msgspec.json.Decoder(dict[str, object]).decode


@dataclass(frozen=True, slots=True)
class Progress:
    """One segment that was moved, and how many are left of all projects."""

    project_id: int
    rows: int
    left: int


def move_all(table: ClickHouseTable) -> Iterator[Progress]:
    """Move every live segment that has not been moved; what an earlier run did is kept.

    Raises StoreFault where ClickHouse fails, or has other rows than the file; the next run goes on from there.
    """
    _forget_replaced(table)
    waiting = _waiting()
    for place, segment in enumerate(waiting, start=1):
        if move_one(table, segment):
            yield Progress(segment.project_id, segment.rows, len(waiting) - place)


def drop_moved() -> int:
    """Let the segments go that were moved, for the sweep to delete their files; how many."""
    return sum(_drop(segment) for segment in Segment.objects.live().filter(pk__in=_moved()))


def move_one(table: ClickHouseTable, segment: Segment) -> bool:
    """Copy one segment; False if it was replaced meanwhile, or somebody else writes the project."""
    batch = begin(project_id=segment.project_id, segment=segment.pk)
    if batch is None:
        return False
    sent = _copy(table, segment, batch)
    if (found := table.checksums(segment.project_id, batch)) != sent:
        raise StoreFault(f"Segment {segment.pk}: {sent} was sent and {found} is there.")
    return _complete(segment, batch)


def _copy(table: ClickHouseTable, segment: Segment, batch: int) -> list[Checked]:
    """Insert the segment's rows; what was sent, by month."""
    sent: Counter[tuple[int, str]] = Counter()
    with pq.ParquetFile(storage.path_of(segment)) as file:
        for part in file.iter_batches(batch_size=ROWS_AT_ONCE):
            stored = with_own(pa.Table.from_batches([part]))
            properties = [_decode(text) for text in stored["properties"].to_pylist()]
            rows = rows_of(stored, properties, project_id=segment.project_id, batch=batch)
            sent += checksum_of(rows)
            table.insert(rows)
    months = sorted({month for month, _ in sent})
    return [Checked(month, sent[month, "rows"], sent[month, "checksum"]) for month in months]


@transaction.atomic
def _complete(segment: Segment, batch: int) -> bool:
    """Let the batch be seen, unless the segment was replaced; it is then swept like any other open batch."""
    Manifest.objects.select_for_update().get(project_id=segment.project_id)
    if not Segment.objects.live().filter(pk=segment.pk).exists():
        return False
    StoredBatch.objects.filter(pk=batch).update(completed_at=timezone.now())
    raise_last_batch(segment.project_id, batch)
    _changed(segment.project_id)
    return True


@transaction.atomic
def _drop(segment: Segment) -> bool:
    Manifest.objects.select_for_update().get(project_id=segment.project_id)
    StoredBatch.objects.filter(segment=segment.pk).delete()
    _changed(segment.project_id)
    return Segment.objects.live().filter(pk=segment.pk).update(retired_at=timezone.now()) > 0


def _forget_replaced(table: ClickHouseTable) -> None:
    """Delete what was moved of segments that were merged or rewritten since: their successors come instead."""
    live = Segment.objects.live().values("pk")
    for batch in StoredBatch.objects.filter(segment__isnull=False).exclude(segment__in=live):
        with transaction.atomic():
            Manifest.objects.select_for_update().get(project_id=batch.project_id)
            table.delete_batch(batch.project_id, batch.pk)
            batch.delete()
            _changed(batch.project_id)


def _waiting() -> list[Segment]:
    found = Segment.objects.live().exclude(pk__in=_moved())
    return list(found.order_by("project_id", "first_day", "pk"))


def _moved() -> list[UUID]:
    done = StoredBatch.objects.filter(segment__isnull=False, completed_at__isnull=False)
    return [segment for segment in done.values_list("segment", flat=True) if segment is not None]


def _changed(project_id: int) -> None:
    Manifest.objects.filter(project_id=project_id).update(version=F("version") + 1)
