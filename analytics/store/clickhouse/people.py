"""What ClickHouse has of some people: counted, and read whole. No Django here."""

from collections.abc import Iterator, Sequence
from datetime import UTC
from typing import Any

from analytics.contracts import Event
from analytics.store.base import Snapshot
from analytics.store.clickhouse.address import Address
from analytics.store.clickhouse.connection import Limits, client, name
from analytics.store.clickhouse.rows import LATEST
from analytics.store.clickhouse.schema import read
from analytics.store.clickhouse.writing import of_people, visible
from analytics.store.erased import Erased, Found


class ClickHousePeople:
    """`analytics.store.erased.People` over the table at an address."""

    def __init__(self, address: Address, limits: Limits) -> None:
        self._address, self._limits = address, limits

    def summary(self, snapshot: Snapshot, ids: Sequence[str]) -> Found:
        ((events, first, last),) = self._query("count(), minOrNull(time), maxOrNull(time)", _theirs(snapshot, ids))
        return Found(events, *(moment and moment.replace(tzinfo=UTC) for moment in (first, last)))

    def rows(self, snapshot: Snapshot, ids: Sequence[str]) -> Iterator[list[dict[str, Any]]]:
        columns = [*Event.__struct_fields__, "person"]
        wanted = ", ".join(name(column) for column in columns)
        found = self._query(wanted, f"{_theirs(snapshot, ids)} ORDER BY time, message_id")
        yield [dict(zip(columns, row, strict=True)) for row in found]

    def count(self, project_id: int, ids: Erased) -> int:
        """The rows of these ids in all batches, also in those that no query sees."""
        ((rows,),) = self._query("count()", f"project_id = {project_id} AND {of_people(ids)}")
        return int(rows)

    def _query(self, columns: str, condition: str) -> Sequence[Sequence[Any]]:
        query = f"SELECT {columns} FROM {read(self._address)} WHERE {condition}"  # noqa: S608 (names and literals)
        with client(self._address, self._limits) as own:
            return own.query(query).result_rows


def _theirs(snapshot: Snapshot, ids: Sequence[str]) -> str:
    """Their rows, whenever they were received, of those that the snapshot shows."""
    seen = visible(snapshot.project_id, snapshot.visible)
    return f"{seen} AND {of_people(dict.fromkeys(ids, LATEST))} AND NOT {of_people(snapshot.erased)}"
