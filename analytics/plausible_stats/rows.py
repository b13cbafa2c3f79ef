"""Rows of metrics and dimensions: put in order, cut to a page. No Django here."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from analytics.plausible_stats.request import StatsQuery


@dataclass(frozen=True, slots=True)
class Row:
    """Numbers by metric, and the values of the dimensions."""

    metrics: Mapping[str, float | None]
    dimensions: tuple[str, ...] = ()


def page(query: StatsQuery, rows: Sequence[Row]) -> list[dict[str, Any]]:
    start = query.pagination.offset
    ordered = in_order(query, rows)[start : start + query.pagination.limit]
    return [
        {"metrics": [shown(name, row.metrics) for name in query.metrics], "dimensions": list(row.dimensions)}
        for row in ordered
    ]


def in_order(query: StatsQuery, rows: Iterable[Row]) -> list[Row]:
    """By each key of the order; equal ones by their dimensions."""
    found = sorted(rows, key=lambda row: row.dimensions)
    for name, direction in reversed(query.order):
        found.sort(key=partial(_key, query, name), reverse=direction == "desc")
    return found


def _key(query: StatsQuery, name: str, row: Row) -> Any:
    return (
        row.dimensions[query.dimensions.index(name)] if name in query.dimensions else shown(name, row.metrics) or 0
    )


def shown(metric: str, numbers: Mapping[str, float | None]) -> float | int | None:
    """As Plausible writes it: counts and seconds whole, rates in percent."""
    if metric == "views_per_visit":
        visits = numbers.get("visits")
        return round((numbers.get("pageviews") or 0) / visits, 2) if visits else 0.0
    value = numbers.get(metric)
    if value is None:
        return None
    if metric == "bounce_rate":
        return round(value * 100)
    return round(value, 1) if metric == "percentage" else round(value)
