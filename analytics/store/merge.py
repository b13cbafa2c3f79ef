"""Merge segment files into one, with the people as they are known now. No Django here."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

import duckdb

from analytics.contracts import COLUMNS
from analytics.store.columns import JSON_ONLY, MOST_PROPERTIES
from analytics.store.connection import Limits, cursor, identifier, literal
from analytics.store.erased import NOBODY, Erased, condition, join_erased, register_erased
from analytics.store.files import (
    ENCODINGS,
    FORMING,
    SUMMARY,
    SUMMARY_ENCODINGS,
    Written,
    settle,
    summary_path,
)
from analytics.store.overrides import Overrides
from analytics.store.row_groups import RowGroups
from analytics.store.runs import arrange, base_of, summarized, summary
from analytics.store.slices import SLICES, slices

MOST_COLUMNS = 2 * MOST_PROPERTIES


@dataclass(frozen=True, slots=True)
class Input:
    """A file to merge, and the property columns it has."""

    path: Path
    property_columns: Sequence[str]


def shared_columns(inputs: Sequence[Input]) -> list[str]:
    """The property columns that the merged file can have whole, and `JSON_ONLY` if it cannot have all.

    A file with properties in the JSON only may lack a column that another has: then the merged file lacks it too.
    """
    counts = Counter(column for item in inputs for column in item.property_columns if column != JSON_ONLY)
    whole = [
        column
        for column in sorted(counts, key=lambda column: (-counts[column], column))
        if all(column in item.property_columns or JSON_ONLY not in item.property_columns for item in inputs)
    ][:MOST_COLUMNS]
    left_out = len(whole) < len(counts) or any(JSON_ONLY in item.property_columns for item in inputs)
    return sorted(whole) + ([JSON_ONLY] if left_out else [])


def merge(
    inputs: Sequence[Input], links: Mapping[str, str], path: Path, limits: Limits, erased: Erased = NOBODY
) -> Written:
    """Write all rows of the inputs to one file, and a summary of its runs beside it.

    `links` (id → person) are newer than the inputs. The rows of who is erased are left out; some rows have to be
    left. Rows are taken in slices, so that memory does not grow with the file.
    """
    columns = shared_columns(inputs)
    path.parent.mkdir(parents=True, exist_ok=True)
    people = Overrides(links)
    with cursor(limits) as own:
        people.register(own)
        register_erased(own, erased)
        own.execute(_view(inputs, columns, people, erased))
        rows = _write_slices(own, path)
        first, last = own.execute("SELECT min(time), max(time) FROM inputs").fetchall()[0]
    size, checksum = settle(path.with_suffix(FORMING), path)
    runs, _ = settle(_forming_summary(path), summary_path(path))
    return Written(first.replace(tzinfo=UTC), last.replace(tzinfo=UTC), rows, size + runs, checksum, columns)


def summarize(own: duckdb.DuckDBPyConnection, path: Path) -> tuple[int, str]:
    """Write the summary of the runs of a segment that has none; its size and checksum."""
    events = f"read_parquet({literal(str(path))})"
    runs = own.sql(f"{summary(events)} ORDER BY first, who, run").to_arrow_table()
    with RowGroups(_forming_summary(path), SUMMARY_ENCODINGS) as file:
        file.write(runs)
    return settle(_forming_summary(path), summary_path(path))


def _forming_summary(path: Path) -> Path:
    return path.with_suffix(f"{SUMMARY}{FORMING}")


def _view(inputs: Sequence[Input], columns: Sequence[str], people: Overrides, erased: Erased) -> str:
    resolved = {"person": people.stored_person, "who": people.who, "loose": people.loose}
    names = [*COLUMNS, *(column for column in columns if column != JSON_ONLY)]
    chosen = ", ".join(f"{resolved.get(name, f'e.{identifier(name)}')} AS {identifier(name)}" for name in names)
    files = ", ".join(literal(str(item.path)) for item in inputs)
    return f"""
        CREATE TEMP VIEW inputs AS
        SELECT {chosen} FROM read_parquet([{files}], union_by_name = true) AS e
        {people.join} {join_erased(erased)} WHERE {condition(erased)}
    """  # noqa: S608 (names of columns and files are quoted)


def _write_slices(own: duckdb.DuckDBPyConnection, path: Path) -> int:
    """Write the inputs' rows and the summary of their runs, in the order of segments; how many rows."""
    rows, run = 0, base_of(path)
    with (
        RowGroups(path.with_suffix(FORMING), ENCODINGS) as events,
        RowGroups(_forming_summary(path), SUMMARY_ENCODINGS) as runs,
    ):
        for part in slices(own, "inputs", path.with_suffix(f"{SLICES}{FORMING}")):
            arranged = arrange(part, run)
            events.write(arranged)
            runs.write(summarized(arranged))
            rows, run = rows + arranged.num_rows, arranged["run"][-1].as_py() + 1
    return rows
