"""Events as files, written piece by piece: NDJSON, CSV and Parquet. No Django here.

A file that was cut off does not look whole: Parquet ends with its footer, the others where the server says so.
"""

import io
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from analytics.contracts import TIMES

OBJECTS = ("properties", "context")
# Arrow writes the microseconds with the seconds.
_MOMENT = "%Y-%m-%dT%H:%M:%SZ"
_PARQUET_ROWS = 32_768
_encode_lines = msgspec.json.Encoder().encode_lines

Batches = Iterable[pa.RecordBatch]


class FileFormat(StrEnum):
    NDJSON = "ndjson"
    CSV = "csv"
    PARQUET = "parquet"


CONTENT_TYPES = {
    FileFormat.NDJSON: "application/x-ndjson",
    FileFormat.CSV: "text/csv; charset=utf-8",
    FileFormat.PARQUET: "application/vnd.apache.parquet",
}


def written(kind: FileFormat, batches: Batches, schema: pa.Schema) -> Iterator[bytes]:
    """The bytes of a file of these batches, as they come."""
    return _WRITERS[kind](batches, schema)


def _ndjson(batches: Batches, schema: pa.Schema) -> Iterator[bytes]:
    """An object a line. What is empty is left out; `ingestion/files/stored.py` reads it back."""
    for batch in batches:
        columns = [_values(name, batch[name]) for name in schema.names]
        yield _encode_lines(
            [
                {name: value for name, value in zip(schema.names, row, strict=True) if value}
                for row in zip(*columns, strict=True)
            ]
        )


def _values(name: str, column: pa.Array) -> list[Any]:
    if name in TIMES:
        column = pc.strftime(column, _MOMENT)
    values: list[Any] = column.to_pylist()
    if name in OBJECTS:
        return [None if text in {"", "{}"} else msgspec.Raw(text.encode()) for text in values]
    return values


def _csv(batches: Batches, schema: pa.Schema) -> Iterator[bytes]:
    """A header and every cell as it is stored, also what a spreadsheet would take for a formula."""
    header = ",".join(f'"{name}"' for name in schema.names)
    yield f"{header}\n".encode()
    options = pa_csv.WriteOptions(include_header=False)
    for batch in batches:
        columns = [pc.strftime(batch[name], _MOMENT) if name in TIMES else batch[name] for name in schema.names]
        sink = io.BytesIO()
        pa_csv.write_csv(pa.table(columns, names=schema.names), sink, options)
        yield sink.getvalue()


class _Sink(io.RawIOBase):
    """Holds what was written until it is taken."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:
        self._pieces.append(bytes(piece))
        return len(piece)

    def take(self) -> bytes:
        found, self._pieces = b"".join(self._pieces), []
        return found


def _parquet(batches: Batches, schema: pa.Schema) -> Iterator[bytes]:
    sink = _Sink()
    writer = pq.ParquetWriter(pa.PythonFile(sink, "w"), schema, compression="zstd")
    held: list[pa.RecordBatch] = []
    for batch in batches:
        held.append(batch)
        if sum(item.num_rows for item in held) >= _PARQUET_ROWS:
            writer.write_table(pa.Table.from_batches(held, schema))
            held = []
            yield sink.take()
    if held:
        writer.write_table(pa.Table.from_batches(held, schema))
    writer.close()
    yield sink.take()


_WRITERS: dict[FileFormat, Callable[[Batches, pa.Schema], Iterator[bytes]]] = {
    FileFormat.NDJSON: _ndjson,
    FileFormat.CSV: _csv,
    FileFormat.PARQUET: _parquet,
}
