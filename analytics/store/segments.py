"""The event store on this machine: Parquet segments, read by DuckDB inside the process. No Django here."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import duckdb
import ibis
import ibis.expr.types as ir
from ibis.backends.sql.compilers.duckdb import DuckDBCompiler

from accounts.errors import Invalid
from analytics.periods import Span
from analytics.store import loading, sessions
from analytics.store.base import Range, Snapshot, Wanted
from analytics.store.compiling import compiled
from analytics.store.connection import Limits, cursor, identifier
from analytics.store.faults import files_read
from analytics.store.overrides import people_named
from analytics.store.statements import Statements, noting
from analytics.store.stop import Stop

_COMPILER = DuckDBCompiler()


class SegmentStore:
    """Reads the files of a snapshot; opens no others."""

    def __init__(self, limits: Limits, stop: Stop | None = None, statements: Statements | None = None) -> None:
        self._limits, self._stop, self._statements = limits, stop, statements

    @contextmanager
    def read(self, snapshot: Snapshot, within: Range, wanted: Wanted) -> Iterator["SegmentReading"]:
        """Load the wanted columns of the snapshot's events in a range."""
        with files_read(snapshot.files), cursor(self._limits, self._stop) as connection:
            own = noting(connection, self._statements, within.span)
            try:
                loaded = loading.load(own, snapshot, within, wanted)
                if wanted.sessions:
                    rows = sessions.form(own, loaded.main, snapshot, within, wanted)
                else:
                    rows = loading.rows_of(own, loaded.main, snapshot, within)
                yield SegmentReading(own, wanted, snapshot, loaded.groups, rows)
            except duckdb.InvalidInputException as error:
                raise Invalid(f"The query cannot be computed: {error}") from error


class SegmentReading:
    """Events as one cursor sees them; gone with it."""

    def __init__(
        self,
        own: duckdb.DuckDBPyConnection,
        wanted: Wanted,
        snapshot: Snapshot,
        groups: Mapping[int, str] | None,
        rows_read: int,
    ) -> None:
        self._own, self._snapshot, self._groups = own, snapshot, groups
        self.events = loading.events_table(wanted)
        self.sessions = sessions.sessions_table(wanted)
        self.events_of_sessions = sessions.events_table(wanted)
        self.rows_read = rows_read

    def save(self, name: str, table: ir.Table) -> ir.Table:
        """Compute a table once, to ask several things of it."""
        self._own.execute(f"CREATE TEMP TABLE {identifier(name)} AS {_compile(table)}")
        return ibis.table(table.schema(), name=name)

    def rows(self, table: ir.Table) -> list[tuple[Any, ...]]:
        """The rows of a table, in its columns' order."""
        return self._own.execute(_compile(table)).fetchall()

    def names(self, numbers: Iterable[int], within: Span | None = None) -> dict[int, str]:
        """The text of each `who`: of a person or, by group, of a group."""
        wanted = set(numbers)
        if self._groups is not None:
            return {number: name for number, name in self._groups.items() if number in wanted}
        return people_named(self._own, self._snapshot, wanted, within)


def _compile(table: ir.Table) -> str:
    return compiled(table, _COMPILER)
