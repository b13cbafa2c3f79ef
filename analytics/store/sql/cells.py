"""The rows of a query's table as JSON, CSV and Parquet. No Django here."""

import csv
import io
import json
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

LONGEST_CELL = 10_000
_CUT = "…"


def rows_of(table: pa.Table) -> list[list[Any]]:
    """Each row's values as JSON has them: times in ISO 8601, what is no number empty, long texts cut."""
    columns = [[plain(value) for value in column.to_pylist()] for column in table.columns]
    return [list(row) for row in zip(*columns, strict=True)]


def plain(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, str):
        return value if len(value) <= LONGEST_CELL else value[:LONGEST_CELL] + _CUT
    for kind, written in _WRITTEN:
        if isinstance(value, kind):
            return written(value)
    return plain(str(value))


def _interval(value: pa.MonthDayNano) -> str:
    """As in ISO 8601."""
    return f"P{value.months}M{value.days}DT{value.nanoseconds / 1e9:g}S"


_WRITTEN: tuple[tuple[Any, Callable[[Any], Any]], ...] = (
    (int | None, lambda value: value),
    (float, lambda value: value if math.isfinite(value) else None),
    (Decimal, lambda value: int(value) if value == value.to_integral_value() else float(value)),
    (datetime | date | time, lambda value: value.isoformat()),
    (timedelta, lambda value: value.total_seconds()),
    (bytes, lambda value: plain(value.hex())),
    (Mapping, lambda value: {str(key): plain(item) for key, item in value.items()}),
    (pa.MonthDayNano, _interval),
    (list | tuple, lambda value: [plain(item) for item in value]),
)


def as_csv(table: pa.Table, names: Sequence[str]) -> bytes:
    """A header, and every cell as it is: also what a spreadsheet would take for a formula."""
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(rows_of(table))
    return sink.getvalue().encode()


def as_parquet(table: pa.Table, names: Sequence[str]) -> bytes:
    """The columns with their types, or as text where Parquet has no such type; no name is there twice."""
    columns = dict(zip(unique(names), map(_storable, table.columns), strict=True))
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink, compression="zstd")
    return sink.getvalue()


def _storable(column: pa.ChunkedArray) -> pa.ChunkedArray:
    try:
        pq.write_table(pa.table({"column": column.slice(0, 0)}), io.BytesIO())
    except pa.ArrowNotImplementedError:
        texts = [None if value is None else json.dumps(plain(value)) for value in column.to_pylist()]
        return pa.chunked_array([pa.array(texts, pa.string())])
    return column


def unique(names: Sequence[str]) -> list[str]:
    """The names, none twice, whatever the case of their letters."""
    found: dict[str, str] = {}
    for name in names:
        own, number = name, 1
        while own.lower() in found:
            number += 1
            own = f"{name}_{number}"
        found[own.lower()] = own
    return list(found.values())
