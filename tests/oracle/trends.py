"""Trends over a list of events."""

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from analytics.kinds.trends import TrendSeries, TrendsSpec
from tests.oracle.facts import Fact, keeps, label, value_of

ZERO_OF_NOTHING = {"total", "unique", "sessions", "sum"}


def kept(spec: TrendsSpec, series: TrendSeries, facts: Sequence[Fact]) -> list[Fact]:
    return [
        fact
        for fact in facts
        if series.event in {"", fact.event.name}
        and all(keeps(fact, item) for item in (*spec.filters, *series.filters))
    ]


def group(fact: Fact, fields: Sequence[str]) -> tuple[str, ...]:
    return tuple(_text(value_of(fact, field)) for field in fields)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return value
    return str(int(value)) if abs(value) < 1e15 and float(value).is_integer() else repr(float(value))


def top(facts: Sequence[Fact], fields: Sequence[str], limit: int) -> tuple[list[tuple[str, ...]], bool]:
    """The groups with the most events, and whether there are others."""
    counts = Counter(group(fact, fields) for fact in facts)
    ordered = sorted(counts, key=lambda item: (-counts[item], item))
    return ordered[:limit], len(ordered) > limit


def number(series: TrendSeries, facts: Sequence[Fact]) -> float | None:
    """The aggregation of a series over some events."""
    people = {fact.person for fact in facts}
    simple = {
        "total": lambda: len(facts),
        "unique": lambda: len(people),
        "sessions": lambda: len({id(fact.session) for fact in facts}),
        "per_person": lambda: len(facts) / len(people) if people else None,
    }
    if series.aggregation in simple:
        return simple[series.aggregation]()
    values = [value_of(fact, f"properties.{series.property}") for fact in facts]
    numbers = sorted(float(value) for value in values if isinstance(value, int | float))
    if not numbers:
        return 0.0 if series.aggregation == "sum" else None
    quantiles = {"median": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}
    if series.aggregation in quantiles:
        return quantile(numbers, quantiles[series.aggregation])
    return {
        "sum": math.fsum(numbers),
        "mean": math.fsum(numbers) / len(numbers),
        "min": numbers[0],
        "max": numbers[-1],
    }[series.aggregation]


def quantile(numbers: list[float], part: float) -> float:
    """Linear between the two nearest of the ordered numbers."""
    place = part * (len(numbers) - 1)
    low = math.floor(place)
    high = min(low + 1, len(numbers) - 1)
    return numbers[low] + (numbers[high] - numbers[low]) * (place - low)


def values(
    series: TrendSeries,
    facts: Sequence[Fact],
    labels: Sequence[Any],
    interval: str,
    zone: ZoneInfo,
    first_weekday: int,
) -> list[float | None]:
    return [
        number(series, [fact for fact in facts if label(fact.at, interval, zone, first_weekday) == name])
        for name in labels
    ]
