"""What ClickHouse needs now and then: remnants deleted, and links written into the rows."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Count, F, Max, Min, Q
from django.utils import timezone

from analytics.models import Manifest, PersonLink, Project, StoredBatch
from analytics.queries import people
from analytics.store.clickhouse.writing import ClickHouseTable

# Longer than any insert may take: what a killed process sent has arrived by then, or never will.
ABANDONED_AFTER = timedelta(hours=1)
# Links newer than the rows are joined by every query; from so many or so old on, they are written into the rows.
MOST_NEW_LINKS = 1_000
OLDEST_NEW_LINK = timedelta(hours=1)


def sweep(table: ClickHouseTable) -> None:
    """Delete batches that were given up, and the rows of projects that are gone."""
    for batch in StoredBatch.objects.filter(completed_at=None, created_at__lt=timezone.now() - ABANDONED_AFTER):
        table.delete_batch(batch.project_id, batch.pk)
        batch.delete()
    for project_id in table.last_batches().keys() - set(Project.objects.values_list("pk", flat=True)):
        table.delete_project(project_id)


def delete_unknown(table: ClickHouseTable) -> int:
    """Delete batches that PostgreSQL does not know of, as after it was restored to an earlier moment; how many.

    Their numbers are given again, and queries would take them for complete. ClickHouse is read first, which makes
    this safe while others write: what is there was announced before.
    """
    known = dict(Manifest.objects.values_list("project_id", "last_batch"))
    suspects = [
        (project_id, batch)
        for project_id, last in table.last_batches().items()
        if last > known.get(project_id, last)
        for batch in table.batches_after(project_id, known[project_id])
    ]
    return sum(_delete_if_unknown(table, project_id, batch) for project_id, batch in suspects)


def _delete_if_unknown(table: ClickHouseTable, project_id: int, batch: int) -> bool:
    complete = Manifest.objects.filter(project_id=project_id, last_batch__gte=batch)
    if complete.exists() or StoredBatch.objects.filter(pk=batch).exists():
        return False
    table.delete_batch(project_id, batch)
    return True


def settle_all(table: ClickHouseTable) -> None:
    """Write links into the rows of projects where they have become many or old."""
    known = F("project__manifest__people_known_at")
    new = PersonLink.objects.filter(Q(project__manifest__people_known_at=None) | Q(created_at__gt=known))
    counted = new.values("project_id").annotate(links=Count("pk"), oldest=Min("created_at"))
    late = Q(links__gte=MOST_NEW_LINKS) | Q(oldest__lt=timezone.now() - OLDEST_NEW_LINK)
    for project_id in list(counted.filter(late).values_list("project_id", flat=True)):
        settle_people(table, project_id=project_id)


def settle_people(table: ClickHouseTable, *, project_id: int) -> None:
    """Write links into the rows as of one moment; queries join the same links until that is done."""
    with transaction.atomic():
        manifest = Manifest.objects.select_for_update().get(project_id=project_id)
        links = people.links_since(project_id, manifest.people_known_at)
        at = PersonLink.objects.filter(project_id=project_id).aggregate(at=Max("created_at"))["at"]
    table.set_people(project_id, links)
    Manifest.objects.filter(project_id=project_id).update(people_known_at=at, version=F("version") + 1)
