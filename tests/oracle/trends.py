"""Trends over a list of events."""

import math
from collections import Counter
from collections.abc import Callable, Sequence
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


# What a formula means, in Python's words.
FORMULAS: dict[str, Callable[[Any, Any], float]] = {
    "A/B*100": lambda a, b: a / b * 100,
    "(A - B) / (A + B)": lambda a, b: (a - b) / (a + b),
    "2.5 - -A * 3": lambda a, _: 2.5 - -a * 3,
    "A - 1 - B - 2": lambda a, b: a - 1 - b - 2,
    "12/(B-B)": lambda _, b: 12 / (b - b),
}


def calculated(formula: str, numbers: Sequence[float | None]) -> float | None:
    """Empty where a number that it needs is, and where it divides by zero."""
    needed = [number for letter, number in zip("AB", numbers, strict=False) if letter in formula]
    if None in needed:
        return None
    first, second = [*numbers, None][:2]
    try:
        return FORMULAS[formula](first, second)
    except ZeroDivisionError:
        return None


def specs(day: Any) -> st.SearchStrategy[dict[str, Any]]:
    """Plain ones, ones with formulas, and cumulative ones."""
    two = st.lists(series(), min_size=2, max_size=2)
    formulas = st.lists(st.sampled_from([{"formula": text} for text in FORMULAS]), min_size=1, max_size=2)
    counts = series().map(lambda one: one | {"aggregation": "total", "property": ""})
    plain = _specs(day)
    return st.one_of(
        plain,
        st.builds(
            lambda spec, two, formulas, only: spec | {"series": two, "formulas": formulas, "formulas_only": only},
            plain,
            two,
            formulas,
            st.booleans(),
        ),
        st.builds(lambda spec, one: spec | {"series": [one], "cumulative": True}, plain, counts),
    )


def _specs(day: Any) -> st.SearchStrategy[dict[str, Any]]:
    fields = ["path", "source", "person", "properties.price", "properties.größe", "person.plan", "group.seats"]
    fields += ["cohort.1"]
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
    expected = expected_lines(asked, facts, result.interval)
    assert [(line.series, line.group, line.other) for line in result.lines] == [line[:3] for line in expected]
    for line, (*_, values, total, previous_values, previous_total) in zip(result.lines, expected, strict=True):
        assert list(line.values) == [close(value) for value in values]
        assert line.total == close(total)
        assert line.previous_total == close(previous_total)
        assert list(line.previous_values or ()) == [close(value) for value in previous_values]


def expected_lines(asked: Asked, facts: list[Fact], interval: str) -> list[tuple]:
    """The lines of the series, then those of the formulas: (place, group, is other, values and total, the same
    before)."""
    spec = asked.spec
    current = [
        kept(spec, one, within(facts, asked.days.first, asked.days.last, asked.zone)) for one in spec.series
    ]
    before = [kept(spec, one, within(facts, *asked.compared, asked.zone)) for one in spec.series]
    together = [fact for own in current for fact in own]
    lines: list[list[tuple]] = []
    for place, one in enumerate(spec.series):
        groups: list[tuple[str, ...]] = [()]
        others = False
        if spec.breakdown:
            groups, others = top(together if spec.formulas else current[place], spec.breakdown, spec.limit)
        lines.append([
            (
                place,
                shown or None,
                shown is None,
                *numbers(asked, one, own(spec, current[place], shown, groups), asked.days, interval),
                *numbers(asked, one, own(spec, before[place], shown, groups), asked.before, interval),
            )
            for shown in [*groups, *([None] if others else [])]
        ])  # fmt: skip
    made = [
        combined(item.formula, len(lines) + place, parts)
        for place, item in enumerate(spec.formulas)
        for parts in zip(*lines, strict=True)
    ]
    return [*([] if spec.formulas_only else [line for found in lines for line in found]), *made]


def own(spec: Any, facts: list[Fact], shown: Any, groups: list[Any]) -> list[Fact]:
    return [fact for fact in facts if _shown(group(fact, spec.breakdown), groups) == shown]


def combined(formula: str, place: int, parts: Sequence[tuple]) -> tuple:
    """A formula's line of one group, from the lines of the series."""
    columns = [list(zip(*(part[column] for part in parts), strict=True)) for column in (3, 5)]
    values, previous = ([calculated(formula, numbers) for numbers in column] for column in columns)
    totals = [calculated(formula, [part[column] for part in parts]) for column in (4, 6)]
    return (place, *parts[0][1:3], values, totals[0], previous, totals[1])


def _shown(group: tuple[str, ...], groups: list[tuple[str, ...]]) -> tuple[str, ...] | None:
    return group if group in groups else None


def numbers(asked: Asked, one: Any, facts: list[Fact], days: Days | None, interval: str) -> tuple[list, Any]:
    """The values and the total; nothing of no days."""
    if days is None:
        return [], None
    names = asked.labels(days, interval)
    found = values(one, facts, names, interval, asked.zone, asked.project.first_weekday)
    if asked.spec.cumulative:
        found = [math.fsum(value or 0 for value in found[: place + 1]) for place in range(len(found))]
    return found, number(one, facts)
