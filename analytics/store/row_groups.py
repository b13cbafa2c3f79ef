"""Write Parquet in full row groups, however the rows come. No Django here."""

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa
import pyarrow.parquet as pq

ROW_GROUP_ROWS = 65_536


class RowGroups:
    """A file to write tables of one schema to, at least one; columns without an encoding get a dictionary.

    Holds less than a row group's rows of what was written last.
    """

    def __init__(self, path: Path, encodings: Mapping[str, str]) -> None:
        self._path, self._encodings = path, encodings
        self._file: pq.ParquetWriter | None = None
        self._held: pa.Table | None = None

    def __enter__(self) -> Self:
        return self

    def write(self, table: pa.Table) -> None:
        """Append the rows of a table."""
        held = table if self._held is None else pa.concat_tables([self._held, table])
        full = held.num_rows - held.num_rows % ROW_GROUP_ROWS
        self._flush(held.slice(0, full))
        self._held = held.slice(full)

    def _flush(self, rows: pa.Table) -> None:
        if rows.num_rows:
            self._file = self._file or _writer(self._path, rows.schema, self._encodings)
            self._file.write_table(rows, row_group_size=ROW_GROUP_ROWS)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None and self._held is not None:
                self._flush(self._held)
        finally:
            if self._file is not None:
                self._file.close()


def _writer(path: Path, schema: pa.Schema, encodings: Mapping[str, str]) -> pq.ParquetWriter:
    return pq.ParquetWriter(
        path,
        schema,
        compression="zstd",
        use_dictionary=[name for name in schema.names if name not in encodings],
        column_encoding=dict(encodings),
    )
