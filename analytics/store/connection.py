"""A process's DuckDB, one for queries and one for upkeep: in memory, bounded, shut in the store's folder.

No Django here.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from analytics.store.stop import Stop


@dataclass(frozen=True, slots=True)
class Limits:
    """Where the files are, how much memory all queries of the process share, how many seconds one may take.

    `for_queries` is for what comes back to the same files: their footers stay in that memory as there is room.
    Other work, done now and then in large pieces, takes one core and gives memory back to the system at once.
    """

    folder: Path
    memory: str
    seconds: float
    for_queries: bool = False


_lock = threading.Lock()
_open: dict[tuple[Path, str, bool], duckdb.DuckDBPyConnection] = {}
_inherited: list[duckdb.DuckDBPyConnection] = []


def _leave_to_parent() -> None:
    """A forked child opens its own: the threads of its parent's are not there, so it cannot even be closed."""
    _inherited.extend(_open.values())
    _open.clear()


os.register_at_fork(after_in_child=_leave_to_parent)


def _database(limits: Limits) -> duckdb.DuckDBPyConnection:
    key = (limits.folder, limits.memory, limits.for_queries)
    with _lock:
        if key not in _open:
            for elsewhere in [other for other in _open if other[0] != limits.folder]:
                _open.pop(elsewhere).close()
            _open[key] = _connect(limits)
        return _open[key]


def _connect(limits: Limits) -> duckdb.DuckDBPyConnection:
    spill = limits.folder.parent / "spill"
    spill.mkdir(parents=True, exist_ok=True)
    database = duckdb.connect(
        ":memory:",
        config={
            "memory_limit": limits.memory,
            "threads": (os.cpu_count() or 1) if limits.for_queries else 1,
            "temp_directory": str(spill),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "preserve_insertion_order": False,
        },
    )
    database.execute(f"SET allowed_directories = [{literal(f'{limits.folder}/')}, {literal(f'{spill}/')}]")
    database.execute(f"SET GLOBAL parquet_metadata_cache = {limits.for_queries}")
    if not limits.for_queries:
        database.execute("SET allocator_flush_threshold = '1MB'")
    database.execute("SET enable_external_access = false")
    database.execute("SET lock_configuration = true")
    return database


@contextmanager
def cursor(limits: Limits, stop: Stop | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A cursor of its own; what runs on it ends as `stop` says, or at the deadline with DeadlineExceeded."""
    ending = stop or Stop(limits.seconds)
    own = _database(limits).cursor()
    try:
        with ending.interrupting(own.interrupt):
            yield own
    except duckdb.InterruptException as error:
        raise ending.error from error
    finally:
        own.close()


def literal(text: str) -> str:
    """Text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'
