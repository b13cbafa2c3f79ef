"""Sessions over a list of events."""

from collections import Counter
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

from analytics.periods import Days
from tests.oracle import samples
from tests.oracle.asked import Asked, close
from tests.oracle.facts import Fact, fields_in, judged, keeps, session_value, sessions_of, within
from tests.oracle.trends import quantile

DURATIONS = [0, 1, 10, 30, 60, 180, 600, 1800, 3600, float("inf")]
DEPTHS = [0, 1, 2, 3, 4, 5, 10, 20, 50, float("inf")]
FIELDS = ["source", "country", "entry_path", "exit_path", "cohort.1"]
Session = list[Fact]


def specs(day: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({
        "kind": st.just("sessions"),
        "period": samples.periods(day),
        "compare": st.sampled_from(["none", "none", "previous", "year"]),
        "interval": st.sampled_from(["auto", "hour", "day", "week", "month"]),
        "filters": samples.filters(of_sessions=True),
        "breakdown": st.lists(st.sampled_from(FIELDS), max_size=2, unique=True),
        "limit": st.sampled_from([1, 2, 10]),
    })  # fmt: skip


def counted(asked: Asked, facts: list[Fact], days: Days) -> list[Session]:
    found = within(facts, days.first, days.last, asked.zone)
    return sessions_of([fact for fact in found if all(keeps(fact, item) for item in asked.spec.filters)])


def enters(asked: Asked, session: Session) -> bool:
    on_path = [item for item in asked.spec.filters if fields_in(item) == {"path"}]
    if on_path and not any(fact.is_view for fact in session):
        return False
    return all(judged(item, lambda _: session_value(session, "entry_path")) for item in on_path)


def bounced(session: Session) -> bool:
    return sum(fact.is_view for fact in session) <= 1 and not any(fact.is_custom for fact in session)


def length(session: Session) -> float:
    return 0.0 if bounced(session) else (session[-1].at - session[0].at).total_seconds()


def figures(asked: Asked, sessions: list[Session]) -> list[Any]:
    if not sessions:
        return [0, 0, None, None, None, None]
    entering = [session for session in sessions if enters(asked, session)]
    return [
        len(sessions),
        len({session[0].person for session in sessions}),
        close(sum(fact.is_view for session in sessions for fact in session) / len(sessions)),
        close(sum(map(length, sessions)) / len(sessions)),
        close(quantile(sorted(map(length, sessions)), 0.5)),
        close(sum(map(bounced, entering)) / len(entering) if entering else None),
    ]


def listed(found: Any) -> list[Any]:
    return [
        found.sessions,
        found.people,
        found.views_per_session,
        found.duration,
        found.median_duration,
        found.bounce_rate,
    ]


def group(asked: Asked, session: Session) -> tuple[str, ...]:
    return tuple(session_value(session, field) for field in asked.spec.breakdown)


def check(asked: Asked, facts: list[Fact]) -> None:
    result = asked.answer()
    current = counted(asked, facts, asked.days)
    before = counted(asked, facts, asked.before) if asked.before else []
    assert [asked.label(item.start, result.interval) for item in result.intervals] == asked.labels(
        asked.days, result.interval
    )
    check_line(asked, result, result.whole, current, before)
    counts = Counter(group(asked, session) for session in current) if asked.spec.breakdown else Counter()
    shown = sorted(counts, key=lambda item: (-counts[item], item))[: asked.spec.limit]
    expected = [(item, False) for item in shown] + ([(None, True)] if len(counts) > len(shown) else [])
    assert [(line.group, line.other) for line in result.groups] == expected
    for line in result.groups:
        own, earlier = (
            [session for session in sessions if is_in(group(asked, session), line.group, shown)]
            for sessions in (current, before)
        )
        check_line(asked, result, line, own, earlier)
    check_buckets(result.durations, DURATIONS, [length(session) for session in current])
    check_buckets(result.depths, DEPTHS, [sum(fact.is_view for fact in session) for session in current])


def is_in(own: tuple[str, ...], line: tuple[str, ...] | None, shown: list[tuple[str, ...]]) -> bool:
    return own == line if line is not None else own not in shown


def check_line(asked: Asked, result: Any, line: Any, current: list[Session], before: list[Session]) -> None:
    assert listed(line.figures) == figures(asked, current)
    check_points(asked, result.interval, line.points, current, asked.days)
    assert (line.previous is None) == (line.previous_points is None) == (asked.before is None)
    if asked.before:
        assert listed(line.previous) == figures(asked, before)
        check_points(asked, result.interval, line.previous_points, before, asked.before)


def check_points(asked: Asked, interval: str, points: Any, sessions: list[Session], days: Days) -> None:
    expected = [
        figures(asked, [session for session in sessions if asked.label(session[0].at, interval) == name])
        for name in asked.labels(days, interval)
    ]
    assert list(map(listed, points)) == expected


def check_buckets(found: Any, edges: list[float], values: list[float]) -> None:
    counts = [sum(start <= value < end for value in values) for start, end in pairwise(edges)]
    assert [bucket.start for bucket in found] == edges[:-1]
    assert [bucket.end for bucket in found] == [*edges[1:-1], None]
    assert [bucket.sessions for bucket in found] == counts
    assert [bucket.share for bucket in found] == [close(n / len(values)) if values else None for n in counts]
