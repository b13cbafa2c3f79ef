"""Merge segment files into one, with the people as they are known now. No Django here."""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC
from itertools import pairwise
from pathlib import Path

import duckdb

from analytics.contracts import COLUMNS
from analytics.store.columns import JSON_ONLY, MOST_PROPERTIES
from analytics.store.connection import Limits, cursor, identifier, literal
from analytics.store.erased import NOBODY, Erased, condition, join_erased, register_erased
from analytics.store.files import (
    ENCODINGS,
    FORMING,
    ROW_GROUP_ROWS,
    SUMMARY,
    SUMMARY_ENCODINGS,
    Written,
    settle,
    summary_path,
    writer,
)
from analytics.store.overrides import Overrides
from analytics.store.runs import DAY_MICROS, arrange, base_of, summary

MOST_COLUMNS = 2 * MOST_PROPERTIES
# What is held in memory at once.
SLICE_ROWS = ROW_GROUP_ROWS
_COUNTS = "SELECT epoch_us(time) // ? AS day, count(*) FROM inputs GROUP BY day ORDER BY day"


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
    runs = own.sql(_ordered(f"read_parquet({literal(str(path))})")).to_arrow_table()
    with writer(_forming_summary(path), runs.schema, SUMMARY_ENCODINGS) as file:
        file.write_table(runs, row_group_size=ROW_GROUP_ROWS)
    return settle(_forming_summary(path), summary_path(path))


def _forming_summary(path: Path) -> Path:
    return path.with_suffix(f"{SUMMARY}{FORMING}")


def _ordered(events: str) -> str:
    """The summary of these events' runs by their beginning, so that times that follow each other are close."""
    return f"{summary(events)} ORDER BY first, who, run"


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
    """Write the inputs' rows and the summary of their runs, in the order of segments; how many rows.

    No run is in two slices: it is of one day and one person.
    """
    rows, run = 0, base_of(path)
    with ExitStack() as stack:
        events = runs = None
        for condition in _slices(own):
            part = own.sql(f"SELECT * FROM inputs WHERE {condition}").to_arrow_table()  # noqa: S608 (our numbers)
            part = arrange(part, run)
            own.register("part", part)
            found = own.sql(_ordered("part")).to_arrow_table()
            events = events or stack.enter_context(writer(path.with_suffix(FORMING), part.schema, ENCODINGS))
            runs = runs or stack.enter_context(writer(_forming_summary(path), found.schema, SUMMARY_ENCODINGS))
            events.write_table(part, row_group_size=ROW_GROUP_ROWS)
            runs.write_table(found, row_group_size=ROW_GROUP_ROWS)
            rows, run = rows + part.num_rows, part["run"][-1].as_py() + 1
    return rows


def _slices(own: duckdb.DuckDBPyConnection) -> list[str]:
    """Conditions that part the inputs by days, a large day also by people; each has rows; in segments' order."""
    counts = own.execute(_COUNTS, [DAY_MICROS]).fetchall()
    groups: list[list[tuple[int, int]]] = []
    for day, rows in counts:
        if not groups or sum(count for _, count in groups[-1]) + rows > SLICE_ROWS:
            groups.append([])
        groups[-1].append((day, rows))
    return [condition for group in groups for condition in _conditions(own, group)]


def _conditions(own: duckdb.DuckDBPyConnection, days: Sequence[tuple[int, int]]) -> list[str]:
    first, last = (f"make_timestamp({day * DAY_MICROS})" for day in (days[0][0], days[-1][0] + 1))
    within = f"time >= {first} AND time < {last}"
    parts = -(-sum(rows for _, rows in days) // SLICE_ROWS)
    if parts == 1:
        return [within]
    places = [place / parts for place in range(1, parts)]
    found = own.execute(f"SELECT quantile_disc(who, {places}) FROM inputs WHERE {within}").fetchall()[0][0]  # noqa: S608
    bounds = sorted(set(found))
    between = (f"who > {low} AND who <= {high}" for low, high in pairwise(bounds))
    filled = [f"{within} AND {edge}" for edge in (f"who <= {bounds[0]}", *between, f"who > {bounds[-1]}")]
    return [part for part in filled if own.execute(f"SELECT EXISTS (FROM inputs WHERE {part})").fetchall()[0][0]]
