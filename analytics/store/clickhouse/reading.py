"""The event store in ClickHouse: a reading is a session of the server with temporary tables. No Django here."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from analytics.store.base import Range, Snapshot, Wanted
from analytics.store.clickhouse import loading
from analytics.store.clickhouse import schema as tables
from analytics.store.clickhouse.connection import Address, Limits, client, name
from analytics.store.clickhouse.dialect import compiled
from analytics.store.loading import events_table
from analytics.store.sessions import cuts

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client


class ClickHouseStore:
    """Reads what a snapshot says is visible of its project."""

    def __init__(self, address: Address, limits: Limits) -> None:
        self._address, self._limits = address, limits

    @contextmanager
    def read(self, snapshot: Snapshot, within: Range, wanted: Wanted) -> Iterator["ClickHouseReading"]:
        """Load the wanted columns of the snapshot's events in a range."""
        with client(self._address, self._limits) as own:
            _load(own, snapshot, within, wanted, tables.read(self._address))
            yield ClickHouseReading(own, wanted)


class ClickHouseReading:
    """Events loaded into a session of the server; gone with it."""

    def __init__(self, own: "Client", wanted: Wanted) -> None:
        self._own = own
        self.events = events_table(wanted)
        self.rows_read = int(own.query("SELECT count() FROM events").result_rows[0][0])

    def save(self, name_: str, table: ir.Table) -> ir.Table:
        """Compute a table once, to ask several things of it."""
        self._own.command(f"CREATE TEMPORARY TABLE {name(name_)} {loading.MEMORY} AS {compiled(table)}")
        return ibis.table(table.schema(), name=name_)

    def rows(self, table: ir.Table) -> list[tuple[Any, ...]]:
        """The rows of a table, in its columns' order."""
        return [tuple(row) for row in self._own.query(compiled(table)).result_rows]


def send_links(own: "Client", links: Mapping[str, str]) -> None:
    """Make links (id → person) known to a session, for `loading.PERSON`."""
    if links:
        own.command(loading.OVERRIDES)
        own.insert_arrow("overrides", pa.table({"id": list(links), "person": list(links.values())}))


def _load(own: "Client", snapshot: Snapshot, within: Range, wanted: Wanted, table: str) -> None:
    send_links(own, snapshot.links)
    own.command(loading.load(snapshot, within, wanted, table))
    if not wanted.sessions:
        return
    own.command(loading.FORM_SESSIONS)
    found = cuts((run, place, time) for run, place, time in own.query(loading.LONG_RUNS).result_rows)
    if found:
        own.command(loading.CUTS)
        columns = {column: [getattr(cut, column) for cut in found] for column in ("run", "first", "last")}
        own.insert_arrow("cuts", pa.table(columns))
    own.command(loading.events_with_sessions(wanted, are_cut=bool(found)))
