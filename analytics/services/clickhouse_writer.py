"""The write side of ClickHouse, which has no transactions: PostgreSQL says which batches are complete."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Greatest

from analytics.contracts import Event
from analytics.models import Manifest, StoredBatch
from analytics.queries import manifest as manifests
from analytics.queries import storage
from analytics.services import clickhouse_upkeep
from analytics.store import files
from analytics.store.base import Rows, Statistics, StoreFault, Visible
from analytics.store.clickhouse.address import Address
from analytics.store.clickhouse.connection import Limits
from analytics.store.clickhouse.rows import rows_of
from analytics.store.clickhouse.writing import ClickHouseTable


class ClickHouseWriter:
    """One pass of writing; batches that it began and did not insert are forgotten at once."""

    def __init__(self, address: Address) -> None:
        self.table = ClickHouseTable(address, Limits(storage.UPKEEP_SECONDS))
        self._sent: set[int] = set()

    @contextmanager
    def batch(self, project_id: int) -> Iterator[int | None]:
        """A batch that is open, and committed as such; None where somebody else writes this project."""
        made = begin(project_id=project_id)
        try:
            yield made
        finally:
            # One that was appended is gone by its own transaction, or stays open until it is swept.
            if made is not None and made not in self._sent:
                StoredBatch.objects.filter(pk=made).delete()

    def stored_already(self, project_id: int, events: Sequence[Event]) -> set[int]:
        return self.table.stored_already(project_id, _visible(project_id), events)

    def append(self, batch: int, rows: Rows) -> int:
        complete(project_id=rows.project_id, batch=batch)
        table = files.table_of(rows.events, rows.people, [])
        self._sent.add(batch)
        self.table.insert(rows_of(table, rows.properties, project_id=rows.project_id, batch=batch))
        return 1

    def has_before(self, project_id: int, day: date) -> bool:
        first = self.statistics(project_id).first_day
        return first is not None and first < day

    def drop_before(self, project_id: int, day: date, now: datetime) -> int:  # noqa: ARG002 (gone at once)
        return self.table.drop_before(project_id, day)

    def remove(self, project_id: int) -> None:
        self.table.delete_project(project_id)

    def statistics(self, project_id: int) -> Statistics:
        return self.table.statistics(project_id, _visible(project_id))

    def upkeep(self) -> None:
        """Sweep what no manifest knows of, and write links into the rows where they have become many or old."""
        clickhouse_upkeep.sweep(self.table)
        clickhouse_upkeep.settle_all(self.table)


@transaction.atomic
def begin(*, project_id: int, segment: UUID | None = None) -> int | None:
    """The number of a new batch that is open; None where somebody else writes this project.

    The numbers of a project are given under its lock, so that a snapshot never misses an open one.
    """
    locked = Manifest.objects.select_for_update(skip_locked=True).filter(project_id=project_id)
    return StoredBatch.objects.create(project_id=project_id, segment=segment).pk if locked else None


def complete(*, project_id: int, batch: int) -> None:
    """Let a batch be seen, by the caller's transaction; raises StoreFault if it was swept meanwhile."""
    gone, _ = StoredBatch.objects.filter(pk=batch, completed_at=None).delete()
    if not gone:
        raise StoreFault(f"Batch {batch} was given up.")
    raise_last_batch(project_id, batch)


def raise_last_batch(project_id: int, batch: int) -> None:
    Manifest.objects.filter(project_id=project_id).update(last_batch=Greatest("last_batch", batch))


def _visible(project_id: int) -> Visible:
    return manifests.visible(Manifest.objects.get(project_id=project_id))
