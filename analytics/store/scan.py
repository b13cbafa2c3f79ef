"""Read whole events out of a snapshot's files, some at a time, whatever their number. No Django here."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from analytics.contracts import PUBLIC
from analytics.store.base import Snapshot, SnapshotGone, micros
from analytics.store.erased import IDS
from analytics.store.schema import TYPES

BATCH_ROWS = 2048
# What decides on a row, whether or not it is wanted.
_NEEDED = ("name", "time", "received_at", "loose", *IDS)
_FILE_BUFFER = 256 * 1024


@dataclass(frozen=True, slots=True)
class Scan:
    """Which events: from `start` until before `end`, of these names (of any, where there are none)."""

    start: datetime
    end: datetime
    names: tuple[str, ...] = ()
    columns: tuple[str, ...] = PUBLIC

    @property
    def schema(self) -> pa.Schema:
        """The columns of each batch: text without nulls, times in UTC without a zone."""
        return pa.schema({name: TYPES[name] for name in self.columns})


def scan(snapshot: Snapshot, wanted: Scan) -> Iterator[pa.RecordBatch]:
    """The events, file by file, each with its person by the links known to the snapshot, without who is erased.

    Every file is open when this returns, so that none can be swept while the reading lasts. Raises SnapshotGone
    where one is gone already.
    """
    try:
        files = [pa.OSFile(str(file.path)) for file in snapshot.files]
    except FileNotFoundError as error:
        raise SnapshotGone(str(error)) from error
    return _batches(files, snapshot, wanted)


def _batches(files: Sequence[pa.OSFile], snapshot: Snapshot, wanted: Scan) -> Iterator[pa.RecordBatch]:
    links, erased = _lookup(snapshot.links, pa.string()), _lookup(snapshot.erased, pa.int64())
    for raw in files:
        with raw, pq.ParquetFile(raw, pre_buffer=False, buffer_size=_FILE_BUFFER) as file:
            for batch in _of_file(file, wanted):
                kept = _without_erased(batch.filter(_matches(batch, wanted)), erased)
                if kept.num_rows:
                    yield _shaped(kept, links, wanted)


def _of_file(file: pq.ParquetFile, wanted: Scan) -> Iterator[pa.RecordBatch]:
    present = set(file.schema_arrow.names)
    columns = [name for name in dict.fromkeys((*wanted.columns, *_NEEDED)) if name in present]
    groups = [group for group in range(file.num_row_groups) if _may_match(file.metadata.row_group(group), wanted)]
    for group in groups:
        yield from file.iter_batches(BATCH_ROWS, row_groups=[group], columns=columns, use_threads=False)


def _may_match(group: pq.RowGroupMetaData, wanted: Scan) -> bool:
    """By the statistics that the file keeps of a row group."""
    columns = [group.column(place) for place in range(group.num_columns)]
    facts = {column.path_in_schema: column.statistics for column in columns if column.statistics is not None}
    time, name = (facts.get(column) for column in ("time", "name"))
    if time is not None and time.has_min_max:
        first, last = (moment.replace(tzinfo=wanted.start.tzinfo) for moment in (time.min, time.max))
        if last < wanted.start or first >= wanted.end:
            return False
    if name is None or not name.has_min_max or not wanted.names:
        return True
    return any(name.min <= item <= name.max for item in wanted.names)


def _matches(batch: pa.RecordBatch, wanted: Scan) -> pa.Array:
    time = batch["time"].cast(pa.timestamp("us")).cast(pa.int64())
    mask = pc.and_(
        pc.greater_equal(time, pa.scalar(micros(wanted.start))), pc.less(time, pa.scalar(micros(wanted.end)))
    )
    if wanted.names:
        mask = pc.and_(
            mask, pc.is_in(batch["name"].cast(pa.string()), value_set=pa.array(wanted.names, pa.string()))
        )
    return mask


@dataclass(frozen=True, slots=True)
class _Lookup:
    """A mapping that columns are looked up in."""

    keys: pa.Array
    values: pa.Array

    def of(self, column: pa.Array) -> pa.Array:
        """The value of each entry, null where it has none."""
        return self.values.take(pc.index_in(column, value_set=self.keys))


def _lookup(mapping: Mapping[str, Any], kind: pa.DataType) -> _Lookup | None:
    if not mapping:
        return None
    return _Lookup(pa.array(mapping.keys(), pa.string()), pa.array(mapping.values(), kind))


def _without_erased(batch: pa.RecordBatch, erased: _Lookup | None) -> pa.RecordBatch:
    """`erased.KEPT` in Arrow's terms."""
    if erased is None or not batch.num_rows:
        return batch
    present = [name for name in IDS if name in batch.schema.names]
    until = pc.max_element_wise(*(erased.of(batch[name].cast(pa.string())) for name in present))
    received = batch["received_at"].cast(pa.timestamp("us")).cast(pa.int64())
    return batch.filter(pc.invert(pc.fill_null(pc.less_equal(received, until), fill_value=False)))


def _shaped(batch: pa.RecordBatch, links: _Lookup | None, wanted: Scan) -> pa.RecordBatch:
    return pa.record_batch([_column(batch, name, links) for name in wanted.columns], schema=wanted.schema)


def _column(batch: pa.RecordBatch, name: str, links: _Lookup | None) -> pa.Array:
    kind = TYPES[name]
    if name not in batch.schema.names:
        return pa.array([""] * batch.num_rows, kind)
    if name == "person":
        return _person(batch, links)
    column = batch[name].cast(kind)
    return pc.fill_null(column, "") if pa.types.is_string(kind) else column


def _person(batch: pa.RecordBatch, links: _Lookup | None) -> pa.Array:
    """`overrides.Overrides.person` in Arrow's terms."""
    person, user, anonymous = (batch[name].cast(pa.string()) for name in ("person", "user_id", "anonymous_id"))
    person = pc.if_else(pc.equal(person, ""), pc.if_else(pc.equal(user, ""), anonymous, user), person)
    if links is None:
        return person
    loose = pc.if_else(pc.equal(batch["loose"], 0), pa.scalar(None, pa.string()), links.of(anonymous))
    return pc.coalesce(loose, links.of(person), person)
