"""Revenue as a table: a row for each line and interval. No Django here."""

from collections.abc import Iterator, Mapping
from typing import Any

from analytics.kinds.revenue.result import RevenueResult
from analytics.kinds.tables import by_interval, group_columns


def rows(result: RevenueResult) -> Iterator[Mapping[str, Any]]:
    for line in result.lines:
        part = "other" if line.other else "group" if line.group else "whole"
        about = {"part": part, "currency": line.currency, **group_columns(line.group), "decimals": result.decimals}
        yield from by_interval(about, result.intervals, line.values, line.previous_values)
