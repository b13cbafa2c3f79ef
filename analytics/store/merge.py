"""Merge segment files into one, with the people as they are known now. No Django here."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

from analytics.contracts import COLUMNS
from analytics.store.columns import JSON_ONLY, MOST_PROPERTIES
from analytics.store.connection import Limits, cursor, identifier, literal
from analytics.store.erased import NOBODY, Erased, condition, join_erased, register_erased
from analytics.store.files import FORMING, ROW_GROUP_ROWS, Written, settle
from analytics.store.overrides import PERSON, join_overrides, register_overrides

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
    """Write all rows of the inputs to one file, sorted; `links` (id → person) are newer than the inputs.

    The rows of who is erased are left out; some rows have to be left.
    """
    columns = shared_columns(inputs)
    path.parent.mkdir(parents=True, exist_ok=True)
    forming = path.with_suffix(FORMING)
    with cursor(limits) as own:
        register_overrides(own, links)
        register_erased(own, erased)
        own.execute(_copy(inputs, columns, forming, links, erased))
        extremes = "SELECT count(*), min(time), max(time) FROM read_parquet($file)"
        rows, first, last = own.execute(extremes, {"file": str(forming)}).fetchall()[0]
    size, checksum = settle(forming, path)
    return Written(first.replace(tzinfo=UTC), last.replace(tzinfo=UTC), rows, size, checksum, columns)


def _copy(
    inputs: Sequence[Input], columns: Sequence[str], target: Path, links: Mapping[str, str], erased: Erased
) -> str:
    names = [*COLUMNS, *(column for column in columns if column != JSON_ONLY)]
    chosen = ", ".join(
        f"{PERSON} AS person" if name == "person" and links else f"e.{identifier(name)}" for name in names
    )
    files = ", ".join(literal(str(item.path)) for item in inputs)
    return f"""
        COPY (
            SELECT {chosen} FROM read_parquet([{files}], union_by_name = true) AS e
            {join_overrides(links)} {join_erased(erased)} WHERE {condition(erased)}
            ORDER BY e.name, e.time
        ) TO {literal(str(target))} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP_ROWS})
    """  # noqa: S608 (names of columns and files are quoted)
