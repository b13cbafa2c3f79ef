"""The event store in ClickHouse: a reading is a session of the server with temporary tables. No Django here."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir

from analytics.periods import Span
from analytics.store.base import Range, Snapshot, Wanted, micros
from analytics.store.clickhouse import known, loading, sessions
from analytics.store.clickhouse import schema as tables
from analytics.store.clickhouse.address import Address
from analytics.store.clickhouse.connection import Limits, client, name
from analytics.store.clickhouse.dialect import compiled
from analytics.store.clickhouse.writing import instant, visible
from analytics.store.loading import schema
from analytics.store.overrides import named_by, overrides_table
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
            table = tables.read(self._address)
            groups = _load(own, snapshot, within, wanted, table)
            yield ClickHouseReading(own, wanted, Naming(snapshot, table, groups))


@dataclass(frozen=True, slots=True)
class Naming:
    """What tells how people and groups are called; `groups`, by their numbers, is None for people."""

    snapshot: Snapshot
    table: str
    groups: dict[int, str] | None


class ClickHouseReading:
    """Events loaded into a session of the server; gone with it."""

    def __init__(self, own: "Client", wanted: Wanted, naming: Naming) -> None:
        self._own, self._naming = own, naming
        loaded = loading.target(wanted)
        self.events = ibis.table(schema(wanted), name="events_of_sessions" if wanted.sessions else "events")
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

    def names(self, numbers: Iterable[int], within: Span | None = None) -> dict[int, str]:
        """The text of each `who`: of a person or, by group, of a group."""
        wanted, groups, snapshot = set(numbers), self._naming.groups, self._naming.snapshot
        if groups is not None:
            return {number: name for number, name in groups.items() if number in wanted}
        found = named_by(snapshot.links, wanted)
        others = ", ".join(map(str, wanted - found.keys()))
        if not others:
            return found
        start, end = (instant(micros(at)) for at in (within.start, within.end)) if within else ("", "")
        inside = f"AND time >= {start} AND time < {end}" if within else ""
        query = f"""
            SELECT who, any(person) FROM {self._naming.table}
            WHERE {visible(snapshot.project_id, snapshot.visible)} AND who IN ({others}) {inside} GROUP BY who
        """  # noqa: S608 (numbers, and names of ours)
        return found | {row[0]: row[1] for row in self._own.query(query).result_rows}


def send_links(own: "Client", links: Mapping[str, str]) -> None:
    """Make links (id → person) known to a session, for `loading.PERSON`."""
    if links:
        own.command(loading.OVERRIDES)
        own.insert_arrow("overrides", overrides_table(links))


def _load(own: "Client", snapshot: Snapshot, within: Range, wanted: Wanted, table: str) -> dict[int, str] | None:
    """Load the events; by group, the groups that there are, by their numbers."""
    send_links(own, snapshot.links)
    known.send(own, snapshot.known, wanted)
    own.command(loading.load(snapshot, within, wanted, table))
    groups = known.send_groups(own, loading.target(wanted)) if wanted.by_group else None
    if wanted.sessions:
        sessions.form(own, wanted)
    elif wanted.by_group:
        own.command(known.by_group("raw", "events", "group_id"))
    return groups


def count(address: Address, limits: Limits, snapshot: Snapshot, span: Span) -> int:
    """How many events of a span the snapshot sees."""
    start, end = instant(micros(span.start)), instant(micros(span.end))
    condition = f"{visible(snapshot.project_id, snapshot.visible)} AND e.time >= {start} AND e.time < {end}"
    with client(address, limits) as own:
        found = own.query(f"SELECT count() FROM {tables.read(address)} AS e WHERE {condition}").result_rows  # noqa: S608
    return int(found[0][0])
