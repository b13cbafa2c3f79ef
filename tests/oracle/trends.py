"""Trends over a list of events."""

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from analytics.kinds.trends import TrendSeries, TrendsSpec
from analytics.periods import Days
from tests.oracle import samples
from tests.oracle.asked import Asked, close
from tests.oracle.facts import Fact, keeps, label, value_of, within

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


def series() -> st.SearchStrategy[dict[str, Any]]:
    base = {"event": st.sampled_from(["", "", "Buy", "page"]), "filters": samples.filters(of_sessions=False)}
    counts = st.fixed_dictionaries(
        {**base, "aggregation": st.sampled_from(["total", "unique", "sessions", "per_person"])}
    )
    statistics = st.fixed_dictionaries({
        **base,
        "aggregation": st.sampled_from(["sum", "mean", "min", "max", "median", "p90", "p95", "p99"]),
        "property": st.sampled_from(["price", "Price", "nowhere"]),
    })  # fmt: skip
    return st.one_of(counts, statistics)


def specs(day: Any) -> st.SearchStrategy[dict[str, Any]]:
    fields = ["path", "source", "person", "properties.price", "properties.größe"]
    return st.fixed_dictionaries({
        "kind": st.just("trends"),
        "period": samples.periods(day),
        "compare": st.sampled_from(["none", "previous", "year"]),
        "interval": st.sampled_from(["auto", "hour", "day", "week", "month"]),
        "filters": samples.filters(of_sessions=False),
        "series": st.lists(series(), min_size=1, max_size=2),
        "breakdown": st.lists(st.sampled_from(fields), max_size=2, unique=True),
        "limit": st.sampled_from([1, 2, 10]),
    })  # fmt: skip


def check(asked: Asked, facts: list[Fact]) -> None:
    result = asked.answer()
    names = asked.labels(asked.days, result.interval)
    assert [asked.label(item.start, result.interval) for item in result.intervals] == names
    expected = [
        line
        for place in range(len(asked.spec.series))
        for line in expected_lines(asked, place, facts, result.interval)
    ]
    assert [(line.series, line.group, line.other) for line in result.lines] == [line[:3] for line in expected]
    for line, (*_, values, total, previous_values, previous_total) in zip(result.lines, expected, strict=True):
        assert list(line.values) == [close(value) for value in values]
        assert line.total == close(total)
        assert line.previous_total == close(previous_total)
        assert list(line.previous_values or ()) == [close(value) for value in previous_values]


def expected_lines(asked: Asked, place: int, facts: list[Fact], interval: str) -> list[tuple]:
    spec, one = asked.spec, asked.spec.series[place]
    current = kept(spec, one, within(facts, asked.days.first, asked.days.last, asked.zone))
    before = kept(spec, one, within(facts, *asked.compared, asked.zone))
    whole: list[tuple[str, ...]] = [()]
    groups, others = top(current, spec.breakdown, spec.limit) if spec.breakdown else (whole, False)

    def line(shown: tuple[str, ...] | None) -> tuple:
        def own(of: list[Fact]) -> list[Fact]:
            return [fact for fact in of if _shown(group(fact, spec.breakdown), groups) == shown]

        return (
            place,
            shown or None,
            shown is None,
            *numbers(asked, one, own(current), asked.days, interval),
            *(numbers(asked, one, own(before), asked.before, interval) if asked.before else ([], None)),
        )

    return [line(shown) for shown in [*groups, *([None] if others else [])]]


def _shown(group: tuple[str, ...], groups: list[tuple[str, ...]]) -> tuple[str, ...] | None:
    return group if group in groups else None


def numbers(asked: Asked, one: Any, facts: list[Fact], days: Days, interval: str) -> tuple[list, float | None]:
    names = asked.labels(days, interval)
    found = values(one, facts, names, interval, asked.zone, asked.project.first_weekday)
    return found, number(one, facts)
