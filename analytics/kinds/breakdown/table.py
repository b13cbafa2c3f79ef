"""A breakdown as a table: a row for each value, one for the others, one for the total. No Django here."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from analytics.kinds.breakdown.result import BreakdownResult, Row
from analytics.kinds.tables import group_columns


def rows(result: BreakdownResult) -> Iterator[Mapping[str, Any]]:
    named = [("group", row) for row in result.rows]
    named += [("other", result.other)] if result.other else []
    for part, row in [*named, ("total", result.total)]:
        yield {"part": part, **group_columns(row.group), **_numbers(result.columns, row)}


def _numbers(columns: Sequence[str], row: Row) -> dict[str, Any]:
    found: dict[str, Any] = {"share": row.share}
    for place, name in enumerate(columns):
        # Two columns may be called the same.
        column = name if columns.count(name) == 1 else f"{name} ({place + 1})"
        found[column] = row.values[place]
        if row.previous and row.changes:
            found |= {f"previous.{column}": row.previous[place], f"change.{column}": row.changes[place]}
    return found
