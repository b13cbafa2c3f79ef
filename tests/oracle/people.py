"""The list of people over a list of events."""

from typing import Any

from hypothesis import strategies as st

from analytics.contracts import number_of
from analytics.kinds import parse_spec
from tests.oracle import samples
from tests.oracle.asked import Asked
from tests.oracle.facts import Fact, keeps, session_value, sessions_of, within

NUMBERS = ["last_seen", "first_seen", "events", "sessions"]


def base(day: Any, kind: str, sorts: list[str], ids: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({
        "kind": st.just(kind),
        "period": samples.periods(day),
        "filters": samples.filters(of_sessions=False),
        "among": st.one_of(st.none(), st.none(), st.lists(st.sampled_from(ids), max_size=3)),
        "sort": st.sampled_from(sorts),
        "direction": st.sampled_from(["descending", "ascending"]),
        "limit": st.sampled_from([1, 3, 50]),
    })  # fmt: skip


def specs(day: Any) -> st.SearchStrategy[dict[str, Any]]:
    return base(day, "people", NUMBERS, [*samples.ANONYMOUS, *samples.USERS, "robot", "acme"])


def row_of(own: list[Fact]) -> dict[str, Any]:
    return {
        "first_seen": min(fact.at for fact in own),
        "last_seen": max(fact.at for fact in own),
        "events": len(own),
        "sessions": len(sessions_of(own)),
    }


def _person(person: str, own: list[Fact]) -> dict[str, Any]:
    sessions = sessions_of(own)
    start = max(session[0].at for session in sessions)
    fields = ("country", "source", "device")
    # By group, several sessions may begin at once.
    last = min(
        tuple(session_value(session, name) for name in fields) for session in sessions if session[0].at == start
    )
    return {"person": person, **row_of(own), **dict(zip(fields, last, strict=True))}


def kept(asked: Asked, facts: list[Fact]) -> list[Fact]:
    days = asked.days
    return [
        fact
        for fact in within(facts, days.first, days.last, asked.zone)
        if all(keeps(fact, item) for item in asked.spec.filters)
    ]


def check(asked: Asked, facts: list[Fact]) -> None:
    spec = asked.spec
    found = kept(asked, facts)
    people = {fact.person for fact in found} & set(spec.among if spec.among is not None else _everybody(found))
    rows = [_person(person, [fact for fact in found if fact.person == person]) for person in people]
    check_pages(asked, rows, lambda row: number_of(row["person"]), "people")


def _everybody(facts: list[Fact]) -> list[str]:
    return [fact.person for fact in facts]


def check_pages(asked: Asked, rows: list[dict[str, Any]], key: Any, name: str) -> None:
    """The first pages, one after the other."""
    spec = asked.spec
    rows.sort(key=lambda row: (row[spec.sort], key(row)), reverse=spec.direction == "descending")
    given, seen = spec.model_dump(mode="json", by_alias=True), []
    for _ in range(3):
        result = Asked(asked.project, parse_spec(given), asked.now).answer()
        seen += getattr(result, name)
        assert result.total == len(rows)
        assert bool(result.next) == (len(rows) > len(seen))
        if not result.next:
            break
        given["after"] = result.next
    assert len(seen) == min(len(rows), 3 * spec.limit)
    for row, expected in zip(seen, rows, strict=False):
        assert {field: getattr(row, field) for field in expected} == expected
