"""The event store on this machine: Parquet segments, read by DuckDB inside the process. No Django here."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import duckdb
import ibis
import ibis.expr.types as ir
import pyarrow as pa

from accounts.errors import Invalid
from analytics.store import loading
from analytics.store.base import Range, Snapshot, SnapshotGone, Wanted
from analytics.store.connection import Limits, cursor, identifier
from analytics.store.erased import register_erased
from analytics.store.overrides import register_overrides
from analytics.store.sessions import LONGEST_MICROS, cuts


class SegmentStore:
    """Reads the files of a snapshot; opens no others."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    @contextmanager
    def read(self, snapshot: Snapshot, within: Range, wanted: Wanted) -> Iterator["SegmentReading"]:
        """Load the wanted columns of the snapshot's events in a range."""
        with cursor(self._limits) as own:
            try:
                _load(own, snapshot, within, wanted)
                yield SegmentReading(own, wanted)
            except duckdb.IOException as error:
                raise SnapshotGone(str(error)) from error
            except duckdb.InvalidInputException as error:
                raise Invalid(f"The query cannot be computed: {error}") from error


class SegmentReading:
    """Events loaded into the memory of one cursor; gone with it."""

    def __init__(self, own: duckdb.DuckDBPyConnection, wanted: Wanted) -> None:
        self._own = own
        self.events = loading.events_table(wanted)
        self.rows_read = int(own.execute("SELECT count(*) FROM raw").fetchall()[0][0])

    def save(self, name: str, table: ir.Table) -> ir.Table:
        """Compute a table once, to ask several things of it."""
        self._own.execute(f"CREATE TEMP TABLE {identifier(name)} AS {_compile(table)}")
        return ibis.table(table.schema(), name=name)

    def rows(self, table: ir.Table) -> list[tuple[Any, ...]]:
        """The rows of a table, in its columns' order."""
        return self._own.execute(_compile(table)).fetchall()


def _load(own: duckdb.DuckDBPyConnection, snapshot: Snapshot, within: Range, wanted: Wanted) -> None:
    register_overrides(own, snapshot.links)
    register_erased(own, snapshot.erased)
    own.execute(loading.load(snapshot, within, wanted) if snapshot.files else loading.load_nothing(wanted))
    own.execute(loading.PEOPLE)
    if not wanted.sessions:
        own.execute(loading.number_people(wanted))
        return
    own.execute(loading.form_sessions(wanted))
    long = own.execute(loading.LONG_RUNS, {"longest": LONGEST_MICROS}).fetchall()
    if found := cuts(long):
        columns = {name: [getattr(cut, name) for cut in found] for name in ("run", "first", "last")}
        own.register("cuts", pa.table(columns))
        own.execute(loading.APPLY_CUTS)


def _compile(table: ir.Table) -> str:
    return _sql(table.op())


@lru_cache(maxsize=1024)
def _sql(operation: Any) -> str:
    """An expression as SQL; kept, since compiling takes longer than many a query."""
    return str(ibis.to_sql(operation.to_expr(), dialect="duckdb"))
