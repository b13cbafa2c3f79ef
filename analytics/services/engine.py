"""The one place that knows which engine keeps the events, for whoever writes."""

from analytics.queries import storage
from analytics.services import clickhouse_upkeep
from analytics.services.clickhouse_writer import ClickHouseWriter
from analytics.services.segment_writer import SegmentWriter
from analytics.store.base import Writer
from analytics.store.clickhouse.connection import Limits
from analytics.store.clickhouse.writing import ClickHouseTable


def prepare() -> None:
    """Make what the engine needs before it is used; nothing where it is there."""
    address = storage.clickhouse_address()
    if address is not None:
        table = ClickHouseTable(address, Limits(storage.UPKEEP_SECONDS))
        table.prepare()
        clickhouse_upkeep.delete_unknown(table)


def writer() -> Writer:
    """A writer for one pass, by EVENT_STORE_URL."""
    address = storage.clickhouse_address()
    return ClickHouseWriter(address) if address else SegmentWriter()
