"""Leave people's rows out of a reading, find them in files, and read them. No Django here.

A row is a person's where one of `IDS` is an id of theirs, as it was written: links made since decide who somebody
is, not whose a row was. Ids come as `Erased`: id → moment in µs, and only rows received up to then count.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from analytics.contracts import Event
from analytics.store.base import Snapshot
from analytics.store.connection import Limits, cursor
from analytics.store.faults import files_read

IDS = ("person", "anonymous_id", "user_id", "previous_id")
Erased = Mapping[str, int]
NOBODY: Erased = MappingProxyType({})

_BATCH_ROWS = 10_000
_WANTED = pa.schema({"id": pa.string(), "until": pa.int64(), "place": pa.int64()})
_UNTIL = ", ".join(f"erased_{column}.until" for column in IDS)
# Keeps a row of `e`; columns that a file lacks are NULL, and `greatest` passes over them.
KEPT = f"NOT coalesce(epoch_us(e.received_at) <= greatest({_UNTIL}), false)"


def register_erased(own: duckdb.DuckDBPyConnection, erased: Erased) -> None:
    """Make the erased ids known to a cursor."""
    if erased:
        own.register("erased", erased_table(erased))


def erased_table(erased: Erased) -> pa.Table:
    """Erased ids, and the moment of each."""
    return pa.table({"id": pa.array(erased.keys(), pa.string()), "until": pa.array(erased.values(), pa.int64())})


def join_erased(erased: Erased) -> str:
    """The SQL that joins them to `e`, for `KEPT` to judge; nothing where there are none."""
    return " ".join(f"LEFT JOIN erased AS erased_{c} ON erased_{c}.id = e.{c}" for c in IDS) if erased else ""


def condition(erased: Erased) -> str:
    """What a row of `e` has to satisfy to be read."""
    return KEPT if erased else "true"


@dataclass(frozen=True, slots=True)
class Found:
    """How much of some people is stored, and of which span of time (None where nothing is)."""

    events: int
    first: datetime | None
    last: datetime | None


@dataclass(frozen=True, slots=True)
class Verified:
    """How it was looked for people, and which of the groups (by place) still have a row somewhere."""

    how: str
    files: int
    rows: int
    unfinished: frozenset[int]


def count_by_file(files: Sequence[Path], groups: Sequence[Erased], limits: Limits) -> dict[Path, Counter[int]]:
    """The rows of each group's ids in each file that has any; a row of two groups counts for the first of them."""
    if not files:
        return {}
    wanted = [
        {"id": identifier, "until": until, "place": place}
        for place, group in enumerate(groups)
        for identifier, until in group.items()
    ]
    hits = " UNION ALL ".join(
        f"SELECT e.filename, e.file_row_number, w.place FROM stored AS e JOIN wanted AS w ON w.id = e.{column} "  # noqa: S608
        "AND epoch_us(e.received_at) <= w.until"
        for column in IDS
    )
    query = f"""
        WITH stored AS NOT MATERIALIZED (
            SELECT filename, file_row_number, received_at, {", ".join(IDS)}
            FROM read_parquet($files, filename = true, file_row_number = true)
        ),
        rows AS (SELECT filename, file_row_number, min(place) AS place FROM ({hits}) GROUP BY ALL)
        SELECT filename, place, count(*) FROM rows GROUP BY ALL
    """  # noqa: S608 (names of columns)
    found: dict[Path, Counter[int]] = {}
    with cursor(limits) as own:
        own.register("wanted", pa.Table.from_pylist(wanted, _WANTED))
        for name, place, rows in own.execute(query, {"files": [str(file) for file in files]}).fetchall():
            found.setdefault(Path(name), Counter())[place] = rows
    return found


class People(Protocol):
    """What an engine has of some people, without what the snapshot says is erased. Raises SnapshotGone."""

    def summary(self, snapshot: Snapshot, ids: Sequence[str]) -> Found:
        """How many rows these ids have, and of which span."""

    def rows(self, snapshot: Snapshot, ids: Sequence[str]) -> Iterator[list[dict[str, Any]]]:
        """All rows of these ids in the order of time, some at a time.

        A row has the fields of an `Event` and `person`; its times are in UTC, with or without a zone.
        """


class SegmentPeople:
    """`People` over the files of a snapshot."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    def summary(self, snapshot: Snapshot, ids: Sequence[str]) -> Found:
        if not snapshot.files:
            return Found(0, None, None)
        with files_read(snapshot.files), cursor(self._limits) as own:
            found = _select(own, "count(*), min(e.time), max(e.time)", snapshot, ids).fetchall()
        events, first, last = found[0]
        return Found(events, *(moment and moment.replace(tzinfo=UTC) for moment in (first, last)))

    def rows(self, snapshot: Snapshot, ids: Sequence[str]) -> Iterator[list[dict[str, Any]]]:
        if not snapshot.files:
            return
        columns = ", ".join(f"e.{name}" for name in (*Event.__struct_fields__, "person"))
        with files_read(snapshot.files), cursor(self._limits) as own:
            found = _select(own, columns, snapshot, ids).order("time, message_id")
            for batch in found.to_arrow_reader(_BATCH_ROWS) or ():
                yield batch.to_pylist()


def _select(
    own: duckdb.DuckDBPyConnection, columns: str, snapshot: Snapshot, ids: Sequence[str]
) -> duckdb.DuckDBPyRelation:
    register_erased(own, snapshot.erased)
    own.register("wanted", pa.table({"id": pa.array(ids, pa.string())}))
    theirs = " OR ".join(f"e.{column} IN (SELECT id FROM wanted)" for column in IDS)  # noqa: S608
    query = f"""
        SELECT {columns} FROM read_parquet($files, union_by_name = true) AS e {join_erased(snapshot.erased)}
        WHERE ({theirs}) AND {condition(snapshot.erased)}
    """  # noqa: S608 (names of columns)
    return own.sql(query, params={"files": [str(file.path) for file in snapshot.files]})


def plain_search(path: Path, groups: Sequence[Erased]) -> tuple[int, set[int]]:
    """How many rows a file has, and which groups (by place) have one in it, by reading the file and nothing else.

    Another reader than the one that erases: what verifies must not share its faults.
    """
    ids = pa.array({identifier for group in groups for identifier in group}, pa.string())
    read, found = 0, set[int]()
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(columns=[*IDS, "received_at"]):
            read += batch.num_rows
            masks = [pc.is_in(batch[column], value_set=ids) for column in IDS]
            suspects = batch.filter(pc.or_(pc.or_(*masks[:2]), pc.or_(*masks[2:])))
            found |= _owners(suspects, groups)
    return read, found


def _owners(suspects: pa.RecordBatch, groups: Sequence[Erased]) -> set[int]:
    names = [suspects[column].to_pylist() for column in IDS]
    rows = zip(suspects["received_at"].cast(pa.int64()).to_pylist(), *names, strict=True)
    return {
        place
        for at, *named in rows
        for place, group in enumerate(groups)
        if any(at <= group[identifier] for identifier in named if identifier in group)
    }
