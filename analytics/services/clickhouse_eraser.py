"""Erase people from ClickHouse: the server rewrites the parts with rows of theirs, and counts to verify it."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models.functions import Greatest

from analytics.models import Erasure, StoredBatch
from analytics.queries import storage
from analytics.queries.erasures import ids_until
from analytics.services.erasures import renew
from analytics.services.segment_eraser import SegmentEraser
from analytics.store.base import Visible
from analytics.store.clickhouse.address import Address
from analytics.store.clickhouse.connection import Limits
from analytics.store.clickhouse.people import ClickHousePeople
from analytics.store.clickhouse.writing import ClickHouseTable
from analytics.store.erased import Verified

HOW = (
    "ClickHouse counted all rows of the project, after the time in which it deletes the parts it has rewritten; "
    "every Parquet file of the project that was left on disk was read plainly."
)


class ClickHouseEraser:
    """`erasing.Eraser` over the table at an address, and over segments that were there before."""

    def __init__(self, address: Address) -> None:
        limits = Limits(storage.UPKEEP_SECONDS)
        self._table, self._people = ClickHouseTable(address, limits), ClickHousePeople(address, limits)
        self._segments = SegmentEraser()

    def rewrite(self, project_id: int, erasures: Sequence[Erasure]) -> None:
        for erasure in erasures:
            ids = ids_until([erasure])
            # Kept before anything is deleted: a second attempt finds no more than the first.
            rows = self._people.count(project_id, ids)
            Erasure.objects.filter(pk=erasure.pk).update(events=Greatest("events", rows))
            self._table.erase(project_id, ids)
            renew(erasures)
        self._segments.rewrite(project_id, erasures)

    def verify(self, project_id: int, erasures: Sequence[Erasure], moment: datetime) -> Verified | None:
        files = self._segments.verify(project_id, erasures, moment)
        if files is None:
            return None
        found = {place for place, erasure in enumerate(erasures) if self._has_rows(erasure)}
        rows = self._table.statistics(project_id, Visible(2**63 - 1)).rows
        return Verified(HOW, files.files, files.rows + rows, files.unfinished | found)

    def _has_rows(self, erasure: Erasure) -> bool:
        """Also where a batch from before the request was never completed: it may arrive until it is swept."""
        opened = StoredBatch.objects.filter(project_id=erasure.project_id, completed_at=None)
        return (
            opened.filter(created_at__lte=erasure.requested_at).exists()
            or self._people.count(erasure.project_id, ids_until([erasure])) > 0
        )
