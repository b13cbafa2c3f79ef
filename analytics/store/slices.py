"""Take rows apart into slices that fit in memory, by way of a file. No Django here."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import ipc

# What is held in memory at once.
SLICE_ROWS = 32_768
# How the file's name ends.
SLICES = ".slices"
_BATCH_ROWS = 32_768
_OPTIONS = ipc.IpcWriteOptions(compression="lz4")
# Rows in the order of segments are in that of their cells: 1,024 a day, by the upper bits of the person's number.
_CELL = "(time::DATE - DATE '1970-01-01') * 1024 + (who >> 53)"


def slices(own: duckdb.DuckDBPyConnection, relation: str, path: Path) -> Iterator[pa.Table]:
    """The rows of a relation, some at a time; a slice follows the one before in the order of segments.

    Within a slice they have no order. All rows of a person's day are in one: only such a day may be larger than
    `SLICE_ROWS`. Every row is read once and lies in the file at `path` meanwhile.
    """
    cells, numbers = _numbered(own, relation)
    try:
        with own.sql(f"SELECT *, {_CELL} AS cell FROM {relation}").to_arrow_reader(_BATCH_ROWS) as rows:  # noqa: S608
            places = _write(rows, path, cells, numbers)
        with pa.OSFile(str(path)) as source, ipc.open_file(source) as file:
            for own_places in places:
                yield pa.Table.from_batches([file.get_batch(place) for place in own_places])
    finally:
        path.unlink(missing_ok=True)


def _numbered(own: duckdb.DuckDBPyConnection, relation: str) -> tuple[pa.Array, pa.Array]:
    """All cells that have rows, and the number of the slice that each is in."""
    counted = own.sql(f"SELECT {_CELL} AS cell, count(*) FROM {relation} GROUP BY cell ORDER BY cell").fetchall()  # noqa: S608
    numbers: list[int] = []
    number = held = 0
    for _, rows in counted:
        if held and held + rows > SLICE_ROWS:
            number, held = number + 1, 0
        numbers.append(number)
        held += rows
    return pa.array([cell for cell, _ in counted], pa.int64()), pa.array(numbers, pa.int64())


def _write(rows: pa.RecordBatchReader, path: Path, cells: pa.Array, numbers: pa.Array) -> list[list[int]]:
    """Write the rows to a file; the places of each slice's batches in it."""
    places: list[list[int]] = [[] for _ in range(numbers[-1].as_py() + 1)]
    count = 0
    schema = rows.schema.remove(rows.schema.get_field_index("cell"))
    with ipc.new_file(str(path), schema, options=_OPTIONS) as file:
        for batch in rows:
            of = numbers.take(pc.index_in(batch["cell"], value_set=cells))
            order = pc.sort_indices(of)
            ordered, of = batch.drop_columns("cell").take(order), of.take(order)
            for number, first, end in _stretches(of):
                file.write_batch(ordered.slice(first, end - first))
                places[number].append(count)
                count += 1
    return places


def _stretches(sorted_numbers: pa.Array) -> Iterator[tuple[int, int, int]]:
    """Each number, where it begins and where it ends."""
    found = pc.run_end_encode(sorted_numbers)
    ends = found.run_ends.to_pylist()
    yield from zip(found.values.to_pylist(), [0, *ends[:-1]], ends, strict=True)
