"""Write segments: immutable Parquet files, whole on disk before anybody hears of them. No Django here."""

import hashlib
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from operator import attrgetter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from analytics.contracts import COLUMNS, NUMBER_PREFIX, TEXT_PREFIX, TIMES, Event
from analytics.store.columns import JSON_ONLY, property_columns

ROW_GROUP_ROWS = 65_536
# Almost every value of these differs: a dictionary would only cost.
UNIQUE_COLUMNS = ("message_id", "properties", "context", "time")
FORMING = ".forming"


@dataclass(frozen=True, slots=True)
class Written:
    """Facts about a segment file, as the manifest keeps them."""

    time_min: datetime
    time_max: datetime
    rows: int
    bytes: int
    checksum: str
    property_columns: list[str]


def table_of(events: Sequence[Event], people: Sequence[str], properties: Sequence[dict[str, Any]]) -> pa.Table:
    """The events as a segment has them, in the order given."""
    columns: dict[str, pa.Array] = {}
    for name, kind in COLUMNS.items():
        if name in TIMES:
            columns[name] = pa.array(list(map(attrgetter(name), events)), pa.int64()).cast(kind)
        else:
            values = people if name == "person" else list(map(attrgetter(name), events))
            columns[name] = pa.array(values, kind)
    typed, left_out = property_columns(properties)
    table = pa.table(columns | typed)
    return table.replace_schema_metadata({JSON_ONLY: ""}) if left_out else table


def split_by_days(table: pa.Table) -> list[pa.Table]:
    """One table a day (UTC), or a month where a month of the batch has more than three days, as an import has."""
    days = table["time"].cast(pa.date32()).cast(pa.string())
    months = pc.utf8_slice_codeunits(days, 0, len("2026-01"))
    days_of_months = Counter(day[: len("2026-01")] for day in pc.unique(days).to_pylist())
    wide = pa.array([month for month, count in days_of_months.items() if count > 3], pa.string())
    keys = pc.if_else(pc.is_in(months, wide), months, days)
    return [table.filter(pc.equal(keys, key)) for key in sorted(pc.unique(keys).to_pylist())]


def write(table: pa.Table, path: Path) -> Written:
    """Sort and write a table, through a temporary name; on disk when it returns."""
    ordered = table.sort_by([("name", "ascending"), ("time", "ascending")])
    path.parent.mkdir(parents=True, exist_ok=True)
    forming = path.with_suffix(FORMING)
    pq.write_table(
        ordered,
        forming,
        compression="zstd",
        row_group_size=ROW_GROUP_ROWS,
        use_dictionary=[name for name in ordered.column_names if name not in UNIQUE_COLUMNS],
    )
    size, checksum = settle(forming, path)
    return facts_of(ordered, size, checksum)


def settle(forming: Path, path: Path) -> tuple[int, str]:
    """Make a finished file durable under its final name; its size in bytes and SHA-256."""
    with forming.open("rb") as file:
        checksum = hashlib.file_digest(file, "sha256").hexdigest()
        os.fsync(file.fileno())
        size = file.seek(0, os.SEEK_END)
    forming.rename(path)
    for folder in (path.parent, path.parent.parent):
        _sync_folder(folder)
    return size, checksum


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def days_of(table: pa.Table) -> tuple[date, date]:
    """The first and the last day (UTC) of the events."""
    extremes = pc.min_max(table["time"]).as_py()
    return extremes["min"].date(), extremes["max"].date()


def facts_of(table: pa.Table, size: int, checksum: str) -> Written:
    extremes = pc.min_max(table["time"]).as_py()
    return Written(
        time_min=extremes["min"].replace(tzinfo=UTC),
        time_max=extremes["max"].replace(tzinfo=UTC),
        rows=table.num_rows,
        bytes=size,
        checksum=checksum,
        property_columns=[
            *(name for name in table.column_names if name.startswith((NUMBER_PREFIX, TEXT_PREFIX))),
            *([JSON_ONLY] if JSON_ONLY.encode() in (table.schema.metadata or {}) else []),
        ],
    )
