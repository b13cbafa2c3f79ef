"""What views need that no file of the store has, written to files of their own. No Django here."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from analytics.store import loading, sessions
from analytics.store.base import Range, Snapshot, SnapshotGone, Wanted
from analytics.store.connection import Limits, cursor, identifier, literal
from analytics.store.runs import FIELDS, PATHS
from analytics.store.sql.views import TRAITS
from analytics.store.stop import Stop

_WANTED = Wanted(frozenset({"person"}), sessions=True, session_fields=frozenset({*FIELDS, *PATHS}))
_PREFIX = "sql-"
_FIELDS = ", ".join(f"s.{identifier(name)}" for name in (*FIELDS, *PATHS))
_QUERY = f"""
    SELECT s.session, p.person, s.first AS started_at, s.last AS ended_at, s.length / 1e6 AS duration,
        s.events, s.views, s.customs, {_FIELDS}
    FROM sessions AS s JOIN (SELECT who, any_value(person) AS person FROM events GROUP BY who) AS p USING (who)
"""  # noqa: S608 (names are ours)


@contextmanager
def room(limits: Limits) -> Iterator[Path]:
    """A folder that is gone afterwards, where the store may write."""
    spill = _spill(limits.folder)
    spill.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=spill, prefix=_PREFIX) as folder:
        yield Path(folder)


def rooms(store: Path, before: datetime) -> list[Path]:
    """Those beside a store that nothing was put into since a moment: a process that was killed leaves them."""
    found = []
    for path in _spill(store).glob(f"{_PREFIX}*"):
        # A query may end in this moment.
        with suppress(FileNotFoundError):
            found += [path] if path.stat().st_mtime < before.timestamp() else []
    return found


def _spill(store: Path) -> Path:
    return store.parent / "spill"


def write_sessions(path: Path, snapshot: Snapshot, within: Range, limits: Limits, stop: Stop) -> None:
    """The sessions of a range's events, with their people. Raises SnapshotGone, and what `stop` says."""
    with cursor(limits, stop) as own:
        try:
            loaded = loading.load(own, snapshot, within, _WANTED)
            sessions.form(own, loaded.main, snapshot, within, _WANTED)
            own.execute(f"COPY ({_QUERY}) TO {literal(str(path))} (FORMAT parquet)")
        except duckdb.IOException as error:
            raise SnapshotGone(str(error)) from error


def write_traits(path: Path, rows: Iterable[tuple[str, str]]) -> None:
    """People and their traits, as JSON."""
    with pq.ParquetWriter(path, TRAITS) as sink:
        left = iter(rows)
        while batch := list(islice(left, 10_000)):
            people, traits = zip(*batch, strict=True)
            sink.write_table(pa.table({"person": people, "traits": traits}, schema=TRAITS))
