"""The event store in ClickHouse: a reading is a session of the server with temporary tables. No Django here."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir

from analytics.periods import Span
from analytics.store.base import Range, Snapshot, Wanted, micros
from analytics.store.clickhouse import loading, sessions
from analytics.store.clickhouse import schema as tables
from analytics.store.clickhouse.connection import Address, Limits, client, name
from analytics.store.clickhouse.dialect import compiled
from analytics.store.clickhouse.writing import instant, visible
from analytics.store.loading import schema
from analytics.store.overrides import overrides_table
from analytics.store.sessions import events_table, sessions_table
from analytics.store.statements import Statements, noting
from analytics.store.stop import Stop

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client


class ClickHouseStore:
    """Reads what a snapshot says is visible of its project."""

    def __init__(
        self, address: Address, limits: Limits, stop: Stop | None = None, statements: Statements | None = None
    ) -> None:
        self._address, self._limits = address, limits
        self._stop, self._statements = stop, statements

    @contextmanager
    def read(self, snapshot: Snapshot, within: Range, wanted: Wanted) -> Iterator["ClickHouseReading"]:
        """Load the wanted columns of the snapshot's events in a range."""
        with client(self._address, self._limits, self._stop) as connection:
            own = noting(connection, self._statements, within.span)
            _load(own, snapshot, within, wanted, tables.read(self._address))
            yield ClickHouseReading(own, wanted)


class ClickHouseReading:
    """Events loaded into a session of the server; gone with it."""

    def __init__(self, own: "Client", wanted: Wanted) -> None:
        self._own = own
        loaded = "events_of_sessions" if wanted.sessions else "events"
        self.events = ibis.table(schema(wanted), name=loaded)
        self.sessions = sessions_table(wanted)
        self.events_of_sessions = events_table(wanted)
        self.rows_read = int(own.query(f"SELECT count() FROM {loaded}").result_rows[0][0])  # noqa: S608 (our names)

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
        own.insert_arrow("overrides", overrides_table(links))


def _load(own: "Client", snapshot: Snapshot, within: Range, wanted: Wanted, table: str) -> None:
    send_links(own, snapshot.links)
    own.command(loading.load(snapshot, within, wanted, table))
    if wanted.sessions:
        sessions.form(own, wanted)


def count(address: Address, limits: Limits, snapshot: Snapshot, span: Span) -> int:
    """How many events of a span the snapshot sees."""
    start, end = instant(micros(span.start)), instant(micros(span.end))
    condition = f"{visible(snapshot.project_id, snapshot.visible)} AND e.time >= {start} AND e.time < {end}"
    with client(address, limits) as own:
        found = own.query(f"SELECT count() FROM {tables.read(address)} AS e WHERE {condition}").result_rows  # noqa: S608
    return int(found[0][0])
