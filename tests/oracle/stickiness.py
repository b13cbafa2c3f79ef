"""Stickiness over a list of events."""

from typing import Any

from hypothesis import strategies as st

from analytics.periods import Days
from tests.oracle import lifecycle
from tests.oracle.asked import Asked, close
from tests.oracle.facts import Fact, within


def specs(day: Any) -> st.SearchStrategy[dict[str, Any]]:
    compare = st.sampled_from(["none", "previous", "year"])
    return st.builds(
        lambda spec, compare: spec | {"kind": "stickiness", "compare": compare}, lifecycle.specs(day), compare
    )


def check(asked: Asked, facts: list[Fact]) -> None:
    result = asked.answer()
    names = asked.labels(asked.days, result.interval)
    assert [asked.label(item.start, result.interval) for item in result.intervals] == names
    check_range(asked, result.current, asked.days, result.interval, facts)
    assert (result.previous is None) == (asked.before is None)
    if asked.before:
        check_range(asked, result.previous, asked.before, result.interval, facts)


def check_range(asked: Asked, found: Any, days: Days, interval: str, facts: list[Fact]) -> None:
    counting = lifecycle.counting(asked.spec, within(facts, days.first, days.last, asked.zone))
    counts = {
        person: len({asked.label(fact.at, interval) for fact in counting if fact.person == person})
        for person in {fact.person for fact in counting}
    }
    numbers = range(1, len(asked.labels(days, interval)) + 1)
    assert list(found.exactly) == [sum(count == number for count in counts.values()) for number in numbers]
    assert list(found.at_least) == [sum(count >= number for count in counts.values()) for number in numbers]
    assert found.people == len(counts)
    assert found.mean == close(sum(counts.values()) / len(counts) if counts else None)
