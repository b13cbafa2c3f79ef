"""The write side of ClickHouse, which has no transactions: PostgreSQL says which batches are complete."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Count, F, Max, Min, Q
from django.db.models.functions import Greatest
from django.utils import timezone

from analytics.contracts import Event
from analytics.models import Manifest, PersonLink, Project, StoredBatch
from analytics.queries import manifest as manifests
from analytics.queries import people, storage
from analytics.store import files
from analytics.store.base import Rows, Statistics, StoreFault, Visible
from analytics.store.clickhouse.connection import Address, Limits
from analytics.store.clickhouse.rows import rows_of
from analytics.store.clickhouse.writing import ClickHouseTable

# Longer than any insert may take: what a killed process sent has arrived by then, or never will.
ABANDONED_AFTER = timedelta(hours=1)
# Links newer than the rows are joined by every query; from so many or so old on, they are written into the rows.
MOST_NEW_LINKS = 1_000
OLDEST_NEW_LINK = timedelta(hours=1)


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

    def statistics(self, project_id: int) -> Statistics:
        return self.table.statistics(project_id, _visible(project_id))

    def upkeep(self) -> None:
        """Sweep what no manifest knows of, and write links into the rows where they have become many or old."""
        _sweep(self.table)
        for project_id in _with_many_links():
            settle_people(self.table, project_id=project_id)


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


def _sweep(table: ClickHouseTable) -> None:
    for batch in StoredBatch.objects.filter(completed_at=None, created_at__lt=timezone.now() - ABANDONED_AFTER):
        table.delete_batch(batch.project_id, batch.pk)
        batch.delete()
    for project_id in table.projects() - set(Project.objects.values_list("pk", flat=True)):
        table.delete_project(project_id)


def _with_many_links() -> list[int]:
    """Projects with more new links than every query should join."""
    known = F("project__manifest__people_known_at")
    new = PersonLink.objects.filter(Q(project__manifest__people_known_at=None) | Q(created_at__gt=known))
    counted = new.values("project_id").annotate(links=Count("pk"), oldest=Min("created_at"))
    late = Q(links__gte=MOST_NEW_LINKS) | Q(oldest__lt=timezone.now() - OLDEST_NEW_LINK)
    return list(counted.filter(late).values_list("project_id", flat=True))


def settle_people(table: ClickHouseTable, *, project_id: int) -> None:
    """Write links into the rows as of one moment; queries join the same links until that is done."""
    with transaction.atomic():
        manifest = Manifest.objects.select_for_update().get(project_id=project_id)
        links = people.links_since(project_id, manifest.people_known_at)
        at = PersonLink.objects.filter(project_id=project_id).aggregate(at=Max("created_at"))["at"]
    table.set_people(project_id, links)
    Manifest.objects.filter(project_id=project_id).update(people_known_at=at, version=F("version") + 1)
