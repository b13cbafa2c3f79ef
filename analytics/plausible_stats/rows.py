"""Rows of metrics and dimensions: put in order, cut to a page. No Django here."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from analytics.plausible_stats.money import Money
from analytics.plausible_stats.request import OF_VISITS, REVENUE, StatsQuery

# Where there is nothing to say; what is counted is zero.
NULLABLE = REVENUE | OF_VISITS
_PLACES = {"percentage": 1, "conversion_rate": 2, "group_conversion_rate": 2}


@dataclass(frozen=True, slots=True)
class Row:
    """Numbers by metric, and the values of the dimensions."""

    metrics: Mapping[str, Any]
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
    if name in query.dimensions:
        return row.dimensions[query.dimensions.index(name)]
    value = row.metrics.get(name)
    if isinstance(value, Money):
        return value.value
    # What there is no amount of is below all amounts.
    return -math.inf if name in REVENUE else shown(name, row.metrics) or 0


def shown(metric: str, numbers: Mapping[str, Any]) -> Any:
    """As Plausible writes it: counts and seconds whole, rates in percent, amounts of money in words as well."""
    if metric == "views_per_visit":
        visits = numbers.get("visits")
        return round((numbers.get("pageviews") or 0) / visits, 2) if visits else 0.0
    value = numbers.get(metric)
    if value is None:
        return None if metric in NULLABLE else 0
    if isinstance(value, Money):
        return value.shown
    if metric == "bounce_rate":
        return round(value * 100)
    return round(value, _PLACES[metric]) if metric in _PLACES else round(value)
