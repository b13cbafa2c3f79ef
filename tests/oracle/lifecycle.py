"""Lifecycle over a list of events."""

from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from tests.oracle import samples
from tests.oracle.asked import Asked
from tests.oracle.facts import Fact, keeps, within

INTERVALS = ["auto", "hour", "day", "week", "month"]


def specs(day: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({
        "kind": st.just("lifecycle"),
        "period": samples.periods(day),
        "interval": st.sampled_from(INTERVALS),
        "filters": samples.filters(of_sessions=False),
        "event": st.sampled_from(["", "", "Buy", "page"]),
    })  # fmt: skip


def counting(spec: Any, facts: list[Fact]) -> list[Fact]:
    return [
        fact
        for fact in facts
        if spec.event in {"", fact.event.name} and all(keeps(fact, item) for item in spec.filters)
    ]


def check(asked: Asked, facts: list[Fact]) -> None:
    result, first = asked.answer(), asked.days.first
    read = counting(asked.spec, within(facts, date(1970, 1, 1), asked.days.last, asked.zone))
    names = asked.labels(asked.days, result.interval)
    assert [asked.label(item.start, result.interval) for item in result.intervals] == names
    own = [fact for fact in read if fact.at.astimezone(asked.zone).date() >= first]
    old = [fact for fact in read if fact.at.astimezone(asked.zone).date() < first]
    active = [{fact.person for fact in own if asked.label(fact.at, result.interval) == name} for name in names]
    before = last_before(asked, result, old)
    ever = {fact.person for fact in old}
    assert [point.start for point in result.points] == [item.start for item in result.intervals]
    for point, people in zip(result.points, active, strict=True):
        new = people - ever
        assert point.new == len(new)
        assert point.returning == len(people & before)
        assert point.resurrecting == len(people - before - new)
        assert point.dormant == -len(before - people)
        ever, before = ever | people, people


def last_before(asked: Asked, result: Any, old: list[Fact]) -> set[str]:
    """Who was active in the interval of the last instant before the period."""
    if not result.intervals:
        return set()
    name = asked.label(result.intervals[0].start - timedelta(microseconds=1), result.interval)
    return {fact.person for fact in old if asked.label(fact.at, result.interval) == name}
