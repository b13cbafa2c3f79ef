"""The engines that keep events, as tests need them: set up, and read plainly, without the product's own reader."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import clickhouse_connect
import duckdb
from django.conf import settings

from analytics.models import Project, Segment, StoredBatch
from analytics.queries import storage
from analytics.services import compaction
from analytics.services.clickhouse_upkeep import settle_people
from analytics.services.clickhouse_writer import ClickHouseWriter
from analytics.store.clickhouse.connection import Limits
from analytics.store.clickhouse.writing import ClickHouseTable

LATER = datetime(2027, 2, 1, tzinfo=UTC)
Rows = list[tuple[Any, ...]]


class Segments:
    """Parquet files in the data folder."""

    def rows(self, project: Project, columns: str) -> Rows:
        """What the live segments hold, in the order of time."""
        paths = [str(storage.path_of(item)) for item in Segment.objects.live().filter(project_id=project.pk)]
        query = f"SELECT {columns} FROM read_parquet($files, union_by_name = true) ORDER BY time, message_id"
        return duckdb.connect().execute(query, {"files": paths}).fetchall() if paths else []

    def tidy(self, project: Project) -> None:
        compaction.compact_project(project_id=project.pk, now=LATER)


class ClickHouse:
    """The real engine inside of this process."""

    def rows(self, project: Project, columns: str) -> Rows:
        """What a complete batch holds, in the order of time."""
        opened = StoredBatch.objects.filter(completed_at=None).values_list("pk", flat=True)
        condition = f"project_id = {project.pk} AND NOT has({list(opened)}::Array(UInt64), batch)"
        return self.query(f"SELECT {columns} FROM events WHERE {condition} ORDER BY time, message_id")

    def query(self, sql: str) -> Rows:
        address = storage.clickhouse_address()
        assert address is not None
        own = clickhouse_connect.get_client(interface="chdb", path=address.path, database=address.database)
        try:
            return [tuple(row) for row in own.query(sql).result_rows]
        finally:
            own.close()

    def tidy(self, project: Project) -> None:
        address = storage.clickhouse_address()
        assert address is not None
        settle_people(ClickHouseWriter(address).table, project_id=project.pk)


@contextmanager
def segments(given: Any, folder: Path) -> Iterator[Segments]:
    given.EVENT_STORE_URL = ""
    yield Segments()


@contextmanager
def clickhouse(given: Any, folder: Path) -> Iterator[ClickHouse]:
    """An empty table; the engine itself stays, since a process has one folder of it."""
    url = given.EVENT_STORE_URL = f"chdb://{folder}?database=tests"
    address = storage.clickhouse_address()
    assert address is not None
    ClickHouseTable(address, Limits(60)).prepare()
    try:
        yield ClickHouse()
    finally:
        given.EVENT_STORE_URL = url
        ClickHouse().query("TRUNCATE TABLE events")


ENGINES: dict[str, Callable[[Any, Path], AbstractContextManager[Any]]] = {
    "segments": segments,
    "clickhouse": clickhouse,
}


# Whose a stored event is: a segment says so only where that is not the event's own id.
PERSON = "if(person <> '', person, if(user_id <> '', user_id, anonymous_id))"


def rows_of(project: Project, columns: str = "message_id") -> Rows:
    """What is stored of a project, by the engine that the test runs on, in the order of time."""
    found: Segments | ClickHouse = {"": Segments}.get(settings.EVENT_STORE_URL, ClickHouse)()
    return found.rows(project, columns)
