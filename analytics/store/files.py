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
from uuid import UUID

import pyarrow as pa
import pyarrow.compute as pc

from analytics.contracts import NUMBER_PREFIX, TEXT_PREFIX, TIMES, Event, number_of
from analytics.people import People
from analytics.store.columns import JSON_ONLY, property_columns
from analytics.store.row_groups import RowGroups
from analytics.store.runs import arrange, base_of
from analytics.store.schema import TYPES

# Almost every value of these differs: a dictionary would only cost.
ENCODINGS = {
    "message_id": "DELTA_LENGTH_BYTE_ARRAY",
    "context": "DELTA_LENGTH_BYTE_ARRAY",
    "time": "DELTA_BINARY_PACKED",
    "received_at": "DELTA_BINARY_PACKED",
    "run": "DELTA_BINARY_PACKED",
}
# A person has few runs a day.
SUMMARY_ENCODINGS = {"who": "PLAIN", **dict.fromkeys(("run", "first", "last"), "DELTA_BINARY_PACKED")}
FORMING = ".forming"
SUMMARY = ".runs"


@dataclass(frozen=True, slots=True)
class Written:
    """Facts about a segment file, as the manifest keeps them."""

    time_min: datetime
    time_max: datetime
    rows: int
    bytes: int
    checksum: str
    property_columns: list[str]


def table_of(events: Sequence[Event], people: People, properties: Sequence[dict[str, Any]]) -> pa.Table:
    """The events in the order given: the columns of `contracts.COLUMNS`, then their properties'."""
    columns: dict[str, pa.Array] = {}
    resolved = _resolved(people)
    for name, kind in TYPES.items():
        if name in TIMES:
            columns[name] = pa.array(list(map(attrgetter(name), events)), pa.int64()).cast(kind)
        else:
            columns[name] = _column(resolved.get(name) or list(map(attrgetter(name), events)), kind)
    typed, left_out = property_columns(properties)
    table = pa.table(columns | typed)
    return table.replace_schema_metadata({JSON_ONLY: ""}) if left_out else table


def _column(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    """The values as an array; those of most columns are all the same, mostly empty."""
    if values and values[0] == values[-1] and values.count(values[0]) == len(values):
        return pa.repeat(pa.scalar(values[0], kind), len(values))
    return pa.array(values, kind)


def _resolved(people: People) -> dict[str, Sequence[Any]]:
    numbers = {text: number_of(text) for text in {*people.persons, *people.loose} if text} | {"": 0}
    return {
        "person": people.persons,
        "who": [numbers[person] for person in people.persons],
        "loose": [numbers[text] for text in people.loose],
    }


def split_by_days(table: pa.Table) -> list[pa.Table]:
    """One table a day (UTC), or a month where a month of the batch has more than three days, as an import has."""
    days = table["time"].cast(pa.date32()).cast(pa.string())
    months = pc.utf8_slice_codeunits(days, 0, len("2026-01"))
    days_of_months = Counter(day[: len("2026-01")] for day in pc.unique(days).to_pylist())
    wide = pa.array([month for month, count in days_of_months.items() if count > 3], pa.string())
    keys = pc.if_else(pc.is_in(months, wide), months, days)
    return [table.filter(pc.equal(keys, key)) for key in sorted(pc.unique(keys).to_pylist())]


def write(table: pa.Table, path: Path) -> Written:
    """Arrange and write a table, through a temporary name; on disk when it returns."""
    arranged = arrange(_without_own(table), base_of(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    forming = path.with_suffix(FORMING)
    with RowGroups(forming, ENCODINGS) as file:
        file.write(arranged)
    size, checksum = settle(forming, path)
    return facts_of(arranged, size, checksum)


def _without_own(table: pa.Table) -> pa.Table:
    """A segment says whose an event is only where that is not the event's own id."""
    own = pc.if_else(pc.equal(table["user_id"], ""), table["anonymous_id"], table["user_id"])
    person = pc.if_else(pc.equal(table["person"], own), "", table["person"])
    return table.set_column(table.column_names.index("person"), "person", person)


def summary_path(path: Path) -> Path:
    """Where the summary of a segment's runs is, if it has one."""
    return path.with_suffix(SUMMARY)


def segment_id(path: Path) -> UUID:
    """The id of the segment that a file belongs to."""
    return UUID(path.name.partition(".")[0])


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
