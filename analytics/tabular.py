"""Any answer as one table, for spreadsheets and data frames. No Django here.

A kind may say itself how its result is a table; otherwise the result's lists are its rows. A list inside of a list
makes a row of each of its items, with what stands around it repeated; several lists beside each other come below
each other, and the column `part` says which one a row is of. A list of numbers is as many columns.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

Row = Mapping[str, Any]
PART = "part"


def rows_of(result: Any) -> list[Row]:
    """The rows of a frozen dataclass; a cell is a text, a number, true or false, a moment, or None."""
    around: dict[str, Any] = {}
    lists: list[tuple[str, list[Row]]] = []
    for field in fields(result):
        _put(field.name, getattr(result, field.name), around, lists)
    if not lists:
        return [around]
    return [_row(around, name if len(lists) > 1 else None, name, inner) for name, rows in lists for inner in rows]


def cells_of(rows: Sequence[Row]) -> list[list[Any]]:
    """The names of the columns, and each row's cells below them; moments as text."""
    columns = _columns(rows)
    return [columns, *([_text(row.get(column)) for column in columns] for row in rows)]


def as_csv(rows: Sequence[Row]) -> bytes:
    """A header, and every cell as it is: also what a spreadsheet would take for a formula."""
    sink = io.StringIO()
    csv.writer(sink, lineterminator="\n").writerows(cells_of(rows))
    return sink.getvalue().encode()


def as_parquet(rows: Sequence[Row]) -> bytes:
    """Columns of one type each; where a column has several, it is text."""
    table = pa.table({column: _array([row.get(column) for row in rows]) for column in _columns(rows)})
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue()


def _put(name: str, value: Any, around: dict[str, Any], lists: list[tuple[str, list[Row]]]) -> None:
    if is_dataclass(value):
        lists_inside = [(f"{name}.{inner}", rows) for inner, rows in _lists(value)]
        around.update({f"{name}.{key}": cell for key, cell in _cells(value).items()})
        lists.extend(lists_inside)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            _put(f"{name}.{_cell(key)}", item, around, lists)
    elif isinstance(value, tuple | list) and any(is_dataclass(item) for item in value):
        lists.append((name, [row for item in value for row in rows_of(item)]))
    elif isinstance(value, tuple | list):
        around.update(_flat(name, value))
    else:
        around[name] = _cell(value)


def _cells(value: Any) -> dict[str, Any]:
    around: dict[str, Any] = {}
    for field in fields(value):
        _put(field.name, getattr(value, field.name), around, [])
    return around


def _lists(value: Any) -> list[tuple[str, list[Row]]]:
    lists: list[tuple[str, list[Row]]] = []
    for field in fields(value):
        _put(field.name, getattr(value, field.name), {}, lists)
    return lists


def _flat(name: str, values: Iterable[Any]) -> Iterator[tuple[str, Any]]:
    for place, value in enumerate(values):
        if isinstance(value, tuple | list):
            yield from _flat(f"{name}.{place}", value)
        else:
            yield f"{name}.{place}", _cell(value)


def _row(around: Row, part: str | None, name: str, inner: Row) -> Row:
    own = {key if key not in around else f"{name}.{key}": cell for key, cell in inner.items()}
    return {**({PART: part} if part else {}), **around, **own}


def _cell(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value


def _columns(rows: Iterable[Row]) -> list[str]:
    return list(dict.fromkeys(column for row in rows for column in row))


def _text(cell: Any) -> Any:
    return cell.isoformat() if isinstance(cell, datetime | date) else cell


def _array(cells: list[Any]) -> pa.Array:
    try:
        return pa.array(cells)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return pa.array([None if cell is None else str(_text(cell)) for cell in cells], pa.string())
