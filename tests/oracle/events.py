"""The explorer over a list of events."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from analytics.kinds import parse_spec
from tests.oracle import samples
from tests.oracle.asked import Asked
from tests.oracle.facts import EPOCH, Fact, keeps, within

COLUMNS = ["kind", "name", "person", "user_id", "path", "source", "country", "properties", "received_at"]

SEARCHES = ["", "", "buy", "GRÖSSE", "größe", "/A", '"price":', "x /", "12 [1", "a.", "nowhere"]


def specs(day: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({
        "kind": st.just("events"),
        "period": samples.periods(day),
        "filters": samples.filters(of_sessions=False),
        "of": st.sampled_from(["", "", "u1", "a1", "robot", "acme"]),
        "search": st.sampled_from(SEARCHES),
        "order": st.sampled_from(["newest", "oldest"]),
        "columns": st.lists(st.sampled_from(COLUMNS), max_size=4, unique=True),
        "limit": st.sampled_from([1, 3, 50]),
        "count": st.booleans(),
    })  # fmt: skip


def _found(word: str, fact: Fact) -> bool:
    texts = (fact.event.name, fact.event.path, fact.event.properties)
    return any(word.lower() in text.lower() for text in texts)


def _shown(fact: Fact, column: str) -> Any:
    if column == "person":
        return fact.owner
    value = getattr(fact.event, column)
    if column == "received_at":
        at = EPOCH + timedelta(microseconds=value)
        return at.isoformat().replace("+00:00", "Z")
    return json.loads(value) if column == "properties" else value


def check(asked: Asked, facts: list[Fact]) -> None:
    spec = asked.spec
    expected = [
        fact
        for fact in within(facts, asked.days.first, asked.days.last, asked.zone)
        if all(keeps(fact, item) for item in spec.filters)
        and spec.of in {"", fact.person}
        and all(_found(word, fact) for word in spec.search.split())
    ]
    expected.sort(key=lambda fact: (fact.at, fact.event.message_id), reverse=spec.order == "newest")
    rows, seen = [], 0
    given = spec.model_dump(mode="json")
    # The first pages are enough: each next one is found in the same way.
    for _ in range(3):
        result = Asked(asked.project, parse_spec(given), asked.now).answer()
        rows += result.events
        seen += len(result.events)
        assert bool(result.next) == (len(expected) > seen)
        assert result.total == (len(expected) if spec.count else None)
        if not result.next:
            break
        given["after"] = result.next
    assert seen == min(len(expected), 3 * spec.limit)
    for row, fact in zip(rows, expected, strict=False):
        assert (row.time, row.message_id) == (fact.at, fact.event.message_id)
        assert row.columns == {column: _shown(fact, column) for column in spec.columns}
    assert all(isinstance(row.time, datetime) and row.time.tzinfo is UTC for row in rows)
