"""Where this installation keeps its events, and how much a query of it may take."""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
from django.conf import settings

from analytics.models import Segment
from analytics.store.base import EventStore, Snapshot
from analytics.store.clickhouse import connection as clickhouse
from analytics.store.clickhouse.address import Address, address_of
from analytics.store.clickhouse.people import ClickHousePeople
from analytics.store.clickhouse.reading import ClickHouseStore
from analytics.store.clickhouse.scan import scan as scan_clickhouse
from analytics.store.connection import Limits
from analytics.store.erased import People, SegmentPeople
from analytics.store.scan import Scan
from analytics.store.scan import scan as scan_files
from analytics.store.segments import SegmentStore
from analytics.store.statements import Statements
from analytics.store.stop import Stop

# The deadline of what no person waits for.
UPKEEP_SECONDS = 600
UPKEEP_MEMORY = "256MB"
# An export lasts as long as its reader takes.
EXPORT_SECONDS = 6 * 3600


def folder() -> Path:
    """The store's folder; read at each call, so that tests have one each."""
    return Path(settings.DATA_FOLDER) / "store"


def unreadable_folder() -> Path:
    """Where inbox entries lie that could not be read, by project."""
    return folder().parent / "unreadable"


def path_of(segment: Segment) -> Path:
    return folder() / segment.relative_path


def limits(seconds: float | None = None) -> Limits:
    """The limits of a query, or with another deadline."""
    return Limits(folder(), settings.QUERY_MEMORY, seconds or settings.QUERY_SECONDS, for_queries=True)


def without_paths(sql: str, project_id: int) -> str:
    """SQL that names the project's files by what they are called inside of its folder."""
    return sql.replace(f"{folder()}/{project_id}/", "")


def upkeep_limits() -> Limits:
    """The limits of sealing, compaction and checks: long, and small beside what a worker has."""
    return Limits(folder=folder(), memory=UPKEEP_MEMORY, seconds=UPKEEP_SECONDS)


def reader(stop: Stop | None = None, statements: Statements | None = None) -> EventStore:
    """The store that queries read, by EVENT_STORE_URL; what it does ends as `stop` says and is noted."""
    address = clickhouse_address()
    if address is None:
        return SegmentStore(limits(), stop, statements)
    seconds = stop.remaining if stop else settings.QUERY_SECONDS
    return ClickHouseStore(address, clickhouse.Limits(max(1, seconds)), stop, statements)


def scan(snapshot: Snapshot, wanted: Scan) -> Iterator[pa.RecordBatch]:
    """Whole events of the store, by EVENT_STORE_URL. Raises SnapshotGone before the first one, or StoreFault."""
    address = clickhouse_address()
    if address is None:
        return scan_files(snapshot, wanted)
    return scan_clickhouse(address, clickhouse.Limits(EXPORT_SECONDS), snapshot, wanted)


def people(seconds: float | None = None) -> People:
    """What the store has of some people, by EVENT_STORE_URL."""
    address = clickhouse_address()
    if address is None:
        return SegmentPeople(limits(seconds))
    return ClickHousePeople(address, clickhouse.Limits(seconds or settings.QUERY_SECONDS))


def clickhouse_address() -> Address | None:
    """Where ClickHouse is; None where the events are in segments on this machine."""
    return _address(settings.EVENT_STORE_URL) if settings.EVENT_STORE_URL else None


def clickhouse_limits() -> clickhouse.Limits:
    return clickhouse.Limits(settings.QUERY_SECONDS)


_address = lru_cache(maxsize=8)(address_of)
