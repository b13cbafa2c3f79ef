"""A breakdown over a list of events."""

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from tests.oracle import samples, trends
from tests.oracle.asked import Asked, close
from tests.oracle.facts import Fact, keeps, within

COUNTED = {"total", "unique", "sessions", "sum"}


def kept(spec: Any, facts: Sequence[Fact]) -> list[Fact]:
    return [
        fact
        for fact in facts
        if spec.event in {"", fact.event.name} and all(keeps(fact, item) for item in spec.filters)
    ]


def column() -> st.SearchStrategy[dict[str, Any]]:
    counts = st.sampled_from(["total", "unique", "sessions", "per_person"]).map(lambda name: {"aggregation": name})
    statistics = st.fixed_dictionaries({
        "aggregation": st.sampled_from(["sum", "mean", "min", "max", "median", "p90", "p95", "p99"]),
        "property": st.sampled_from(["price", "properties.Price", "nowhere"]),
    })  # fmt: skip
    return st.one_of(counts, statistics)


def specs(day: Any) -> st.SearchStrategy[dict[str, Any]]:
    fields = ["path", "source", "person", "country", "properties.price", "properties.größe", "cohort.1"]
    return st.fixed_dictionaries({
        "kind": st.just("breakdown"),
        "period": samples.periods(day),
        "compare": st.sampled_from(["none", "none", "previous", "year"]),
        "filters": samples.filters(of_sessions=False),
        "event": st.sampled_from(["", "", "Buy", "page"]),
        "breakdown": st.lists(st.sampled_from(fields), min_size=1, max_size=2, unique=True),
        "columns": st.lists(column(), min_size=1, max_size=3),
        "limit": st.sampled_from([1, 2, 10]),
    })  # fmt: skip


def numbers(spec: Any, facts: list[Fact]) -> list[float | None]:
    return [trends.number(one, facts) for one in spec.columns]


def ordered(spec: Any, groups: dict[tuple[str, ...], list[Fact]]) -> list[tuple[str, ...]]:
    def rank(group: tuple[str, ...]) -> Any:
        first = trends.number(spec.columns[0], groups[group])
        return (first is None, -(first or 0), group)

    return sorted(groups, key=rank)


def check(asked: Asked, facts: list[Fact]) -> None:
    spec, result = asked.spec, asked.answer()
    current = kept(spec, within(facts, asked.days.first, asked.days.last, asked.zone))
    before = kept(spec, within(facts, *asked.compared, asked.zone)) if asked.before else None
    groups: dict[tuple[str, ...], list[Fact]] = {}
    for fact in current:
        groups.setdefault(trends.group(fact, spec.breakdown), []).append(fact)
    shown = ordered(spec, groups)[: spec.limit]
    assert [row.group for row in result.rows] == shown
    assert result.total_rows == len(groups)
    assert (result.other is not None) == (len(groups) > len(shown))
    whole = numbers(spec, current)[0]
    for row in result.rows:
        check_row(spec, row, [row.group], current, before, whole)
    if result.other:
        others = [group for group in all_groups(spec, current, before) if group not in shown]
        check_row(spec, result.other, others, current, before, whole)
    check_row(spec, result.total, all_groups(spec, current, before), current, before, whole)


def all_groups(spec: Any, current: list[Fact], before: list[Fact] | None) -> list[tuple[str, ...]]:
    return list({trends.group(fact, spec.breakdown) for fact in [*current, *(before or [])]})


def check_row(
    spec: Any, row: Any, groups: list[Any], current: list[Fact], before: list[Fact] | None, whole: float | None
) -> None:
    own = numbers(spec, [fact for fact in current if trends.group(fact, spec.breakdown) in groups])
    assert list(row.values) == [close(value) for value in own]
    has_share = spec.columns[0].aggregation in COUNTED and whole
    assert row.share == close((own[0] or 0) / whole if has_share and whole else None)
    if before is None:
        assert row.previous is row.changes is None
        return
    earlier = numbers(spec, [fact for fact in before if trends.group(fact, spec.breakdown) in groups])
    assert list(row.previous) == [close(value) for value in earlier]
    assert list(row.changes) == [
        close((new - old) / old if old and new is not None else None)
        for new, old in zip(own, earlier, strict=True)
    ]
