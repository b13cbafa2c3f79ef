"""Drivers over a list of events."""

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from tests.oracle import samples
from tests.oracle.asked import Asked, close
from tests.oracle.facts import Fact, keeps, value_of, within
from tests.oracle.trends import group

FIELDS = ["source", "country", "path", "name", "person", "properties.price", "properties.größe", "cohort.2"]


def specs(day: Any) -> st.SearchStrategy[dict[str, Any]]:
    metrics = st.one_of(
        st.sampled_from(["total", "unique", "sessions"]).map(lambda metric: {"metric": metric}),
        st.sampled_from(["price", "Price"]).map(lambda name: {"metric": "sum", "property": name}),
    )
    base = st.fixed_dictionaries({
        "kind": st.just("drivers"),
        "period": samples.periods(day),
        "compare": st.sampled_from(["previous", "previous", "year"]),
        "filters": samples.filters(of_sessions=False),
        "event": st.sampled_from(["", "", "Buy", "page"]),
        "dimensions": st.lists(st.sampled_from(FIELDS), min_size=1, max_size=3, unique=True),
        "limit": st.sampled_from([1, 2, 5]),
    })  # fmt: skip
    return st.tuples(base, metrics).map(lambda pair: {**pair[0], **pair[1]})


def number(spec: Any, facts: Sequence[Fact]) -> float:
    values = [value_of(fact, f"properties.{spec.property}") for fact in facts]
    return {
        "total": lambda: len(facts),
        "unique": lambda: len({fact.person for fact in facts}),
        "sessions": lambda: len({id(fact.session) for fact in facts}),
        "sum": lambda: math.fsum(float(value) for value in values if isinstance(value, int | float)),
    }[spec.metric]()


def by_value(spec: Any, field: str, facts: Sequence[Fact]) -> dict[str, float]:
    """The number of each value; people and sessions are of the value of their first event."""
    parts: dict[str, list[Fact]] = defaultdict(list)
    if spec.metric in {"total", "sum"}:
        for fact in facts:
            parts[group(fact, [field])[0]].append(fact)
    else:
        owners: dict[Any, list[Fact]] = defaultdict(list)
        for fact in facts:
            owners[fact.person if spec.metric == "unique" else id(fact.session)].append(fact)
        for own in owners.values():
            first = min(fact.at for fact in own)
            value = min(group(fact, [field])[0] for fact in own if fact.at == first)
            parts[value] += own
    return {value: number(spec, own) for value, own in parts.items()}


def kept(asked: Asked, facts: list[Fact], days: Any) -> list[Fact]:
    spec = asked.spec
    return [
        fact
        for fact in within(facts, days.first, days.last, asked.zone)
        if spec.event in {"", fact.event.name} and all(keeps(fact, item) for item in spec.filters)
    ]


def check(asked: Asked, facts: list[Fact]) -> None:
    spec = asked.spec
    result = asked.answer()
    now, before = kept(asked, facts, asked.days), kept(asked, facts, asked.before)
    current, previous = number(spec, now), number(spec, before)
    whole = current - previous
    assert (result.current, result.previous) == (close(current), close(previous))
    assert result.change == close(whole)
    assert result.percent == close(whole / previous if previous else None)
    for dimension, field in zip(result.dimensions, spec.dimensions, strict=True):
        assert dimension.field == field
        of_now, of_before = by_value(spec, field, now), by_value(spec, field, before)
        pairs = {value: (of_now.get(value, 0), of_before.get(value, 0)) for value in {*of_now, *of_before}}
        order = sorted(pairs, key=lambda value: (-abs(pairs[value][0] - pairs[value][1]), value))
        rest = [pairs[value] for value in order[spec.limit :]]
        rows = [(value, False, *pairs[value]) for value in order[: spec.limit]]
        rows += [("", True, sum(a for a, _ in rest), sum(b for _, b in rest))] if rest else []
        check_rows(dimension.drivers, rows, whole)


def check_rows(drivers: Any, rows: list[Any], whole: float) -> None:
    assert [(driver.value, driver.other) for driver in drivers] == [row[:2] for row in rows]
    for driver, (*_, now, before) in zip(drivers, rows, strict=True):
        assert (driver.current, driver.previous) == (close(now), close(before))
        assert driver.change == close(now - before)
        assert driver.contribution == close((now - before) / whole if whole else None)
        assert driver.is_new == (now != 0 and before == 0)
    contributions = [driver.contribution for driver in drivers if driver.contribution is not None]
    assert sum(contributions) == (close(1.0) if whole else 0)
