"""Compare segment files with what the manifest says of them. No Django here.

Files are read in pieces, one after the other: memory does not grow with the store.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from analytics.contracts import COLUMNS, NUMBER_PREFIX, TEXT_PREFIX
from analytics.store import runs
from analytics.store.connection import Limits, cursor, literal
from analytics.store.files import summary_path


class Fault(StrEnum):
    """What may be wrong with what is stored."""

    MISSING = "missing file"
    UNREADABLE = "unreadable file"
    SIZE = "wrong size"
    CHECKSUM = "wrong checksum"
    ROWS = "wrong number of rows"
    DAYS = "events outside of its days"
    COLUMNS = "wrong columns"
    NO_SUMMARY = "missing summary"
    SUMMARY = "wrong summary"
    STRAY = "file of no segment"
    OPEN_BATCH = "batch left open"
    ENTRY = "unreadable inbox entry"
    PUT_ASIDE = "inbox entry put aside"


@dataclass(frozen=True, slots=True)
class Claim:
    """What the manifest says of a file; `bytes` counts its summary, if it `is_summarized`."""

    path: Path
    rows: int
    bytes: int
    checksum: str
    first_day: date
    last_day: date
    property_columns: frozenset[str]
    is_summarized: bool


@dataclass(frozen=True, slots=True)
class Finding:
    fault: Fault
    detail: str


@dataclass(frozen=True, slots=True)
class Found:
    """Facts of a file, from its footer alone; times are UTC."""

    rows: int
    time_min: datetime
    time_max: datetime
    received_max: datetime
    property_columns: frozenset[str]


UNREADABLE = (pa.ArrowException, OSError, duckdb.Error)


def footer(path: Path) -> Found:
    """Raises one of UNREADABLE where it is no segment's file."""
    with pq.ParquetFile(path) as file:
        names = file.schema_arrow.names
        if missing := [name for name in COLUMNS if name not in names]:
            raise pa.ArrowInvalid(f"It has no column {missing[0]}.")
        times, received = (_span(file, name) for name in ("time", "received_at"))
        return Found(
            rows=file.metadata.num_rows,
            time_min=times[0],
            time_max=times[1],
            received_max=received[1],
            property_columns=frozenset(name for name in names if name.startswith((NUMBER_PREFIX, TEXT_PREFIX))),
        )


def _span(file: pq.ParquetFile, column: str) -> tuple[datetime, datetime]:
    """The least and the greatest value by the statistics, which the writer always adds."""
    place = file.schema_arrow.get_field_index(column)
    groups = [file.metadata.row_group(group) for group in range(file.metadata.num_row_groups)]
    spans = [group.column(place).statistics for group in groups]
    if not spans or not all(span is not None and span.has_min_max for span in spans):
        raise pa.ArrowInvalid(f"It has no rows, or no statistics of {column}.")
    return min(span.min for span in spans).replace(tzinfo=UTC), max(span.max for span in spans).replace(tzinfo=UTC)


def inspect(claim: Claim, limits: Limits, *, quick: bool = False) -> Iterator[Finding]:
    """What is wrong with a segment's file. `quick` reads footers only, and neither checksums nor summaries."""
    if not claim.path.exists():
        yield Finding(Fault.MISSING, str(claim.path))
        return
    try:
        found = footer(claim.path)
        yield from _disagreements(claim, found)
        if not quick:
            yield from _content(claim)
    except UNREADABLE as error:
        yield Finding(Fault.UNREADABLE, f"{claim.path}: {error}")
        return
    if claim.is_summarized:
        yield from _summary(claim.path, limits, quick=quick)


def _disagreements(claim: Claim, found: Found) -> Iterator[Finding]:
    summary = summary_path(claim.path)
    size = claim.path.stat().st_size
    # Without its summary the size tells nothing, and its absence is a finding of its own.
    if claim.is_summarized and summary.exists():
        size += summary.stat().st_size
    if size != claim.bytes and (not claim.is_summarized or summary.exists()):
        yield Finding(Fault.SIZE, f"{claim.path}: {size} bytes, not {claim.bytes}")
    if found.rows != claim.rows:
        yield Finding(Fault.ROWS, f"{claim.path}: {found.rows}, not {claim.rows}")
    first, last = found.time_min.date(), found.time_max.date()
    if first < claim.first_day or last > claim.last_day:
        yield Finding(Fault.DAYS, f"{claim.path}: {first} to {last}, not {claim.first_day} to {claim.last_day}")
    if found.property_columns != claim.property_columns:
        differ = ", ".join(sorted(found.property_columns ^ claim.property_columns)[:5])
        yield Finding(Fault.COLUMNS, f"{claim.path}: {differ}")


def _content(claim: Claim) -> Iterator[Finding]:
    with claim.path.open("rb") as file:
        checksum = hashlib.file_digest(file, "sha256").hexdigest()
    if checksum == claim.checksum:
        return
    _read_through(claim.path)
    yield Finding(Fault.CHECKSUM, f"{claim.path}: its rows can be read, but it is not the file that was written")


def _read_through(path: Path) -> None:
    """Raises one of UNREADABLE where a page is damaged."""
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches():
            pc.count(batch.column(0))


def _summary(path: Path, limits: Limits, *, quick: bool) -> Iterator[Finding]:
    target = summary_path(path)
    if not target.exists():
        yield Finding(Fault.NO_SUMMARY, str(target))
        return
    if quick:
        return
    events, summed = (f"read_parquet({literal(str(file))})" for file in (path, target))
    made = runs.summary(events)
    try:
        with cursor(limits) as own:
            counts = own.execute(f"""
                WITH made AS MATERIALIZED ({made}), kept AS (SELECT * FROM {summed})
                SELECT (SELECT count(*) FROM (SELECT * FROM made EXCEPT ALL SELECT * FROM kept)),
                       (SELECT count(*) FROM (SELECT * FROM kept EXCEPT ALL SELECT * FROM made))
            """).fetchall()[0]  # noqa: S608 (names of files are quoted)
    except duckdb.Error as error:
        yield Finding(Fault.SUMMARY, f"{target}: {error}")
        return
    if any(counts):
        yield Finding(Fault.SUMMARY, f"{target}: {max(counts)} runs differ from the segment's")
