"""The overview over a list of events."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from analytics.kinds.overview import OverviewSpec
from tests.oracle import samples
from tests.oracle.asked import Asked, close
from tests.oracle.facts import Fact, fields_in, judged, keeps, label, session_value, sessions_of, within

SESSION_PANELS = {
    "sources": "source", "channels": "channel", "campaigns": "utm_campaign", "entry_pages": "entry_path",
    "exit_pages": "exit_path", "countries": "country", "devices": "device", "browsers": "browser", "systems": "os",
}  # fmt: skip


@dataclass
class Counted:
    """What the filters leave of a period."""

    facts: list[Fact]
    sessions: list[list[Fact]]
    entering: list[list[Fact]]


def counted(spec: OverviewSpec, facts: Sequence[Fact], first: date, last: date, zone: ZoneInfo) -> Counted:
    kept = [fact for fact in within(facts, first, last, zone) if all(keeps(fact, item) for item in spec.filters)]
    sessions = sessions_of(kept)
    on_path = [item for item in spec.filters if fields_in(item) == {"path"}]
    entering = [
        session
        for session in sessions
        if not on_path
        or (any(fact.is_view for fact in session) and all(_enters(session, item) for item in on_path))
    ]
    return Counted(kept, sessions, entering)


def _enters(session: list[Fact], item: Any) -> bool:
    return judged(item, lambda _: session_value(session, "entry_path"))


def figures(spec: OverviewSpec, of: Counted) -> dict[str, float | None]:
    return {metric: number(spec, metric, of) for metric in (
        "visitors", "sessions", "views", "bounce_rate", "duration", "events",
    )}  # fmt: skip


def number(spec: OverviewSpec, metric: str, of: Counted) -> float | None:
    if metric == "visitors":
        return len({fact.person for fact in of.facts})
    if metric == "sessions":
        return len(of.sessions)
    if metric == "views":
        return sum(fact.is_view for fact in of.facts)
    if metric == "events":
        return sum(fact.is_custom and spec.event in {"", fact.event.name} for fact in of.facts)
    if metric == "bounce_rate":
        return sum(map(_bounced, of.entering)) / len(of.entering) if of.entering else None
    lengths = [
        0 if _bounced(session) else (session[-1].at - session[0].at).total_seconds() for session in of.sessions
    ]
    return sum(lengths) / len(lengths) if lengths else None


def _bounced(session: list[Fact]) -> bool:
    return sum(fact.is_view for fact in session) <= 1 and not any(fact.is_custom for fact in session)


def charted(
    spec: OverviewSpec, of: Counted, interval: str, zone: ZoneInfo, first_weekday: int
) -> dict[Any, float | None]:
    """The chart's metric of each interval in which there is something."""

    def place(fact: Fact) -> Any:
        return label(fact.at, interval, zone, first_weekday)

    found = {}
    for name in {place(fact) for fact in of.facts} | {place(session[0]) for session in of.sessions}:
        part = Counted(
            [fact for fact in of.facts if place(fact) == name],
            [session for session in of.sessions if place(session[0]) == name],
            [session for session in of.entering if place(session[0]) == name],
        )
        found[name] = number(spec, spec.metric, part)
    return found


def ranked(spec: OverviewSpec, panel: str, of: Counted) -> tuple[list[tuple[str, tuple[int, int], float]], int]:
    """The rows of a ranked table (value, numbers, share) and how many values there are."""
    if panel in SESSION_PANELS:
        groups = [(session_value(session, SESSION_PANELS[panel]), session[0].person) for session in of.sessions]
        rows = [(value, (len(own), len(set(own)))) for value, own in _grouped(groups)]
        whole = len(of.sessions)
    elif panel == "pages":
        groups = [(fact.event.path, fact.person) for fact in of.facts if fact.is_view]
        rows = [(value, (len(set(own)), len(own))) for value, own in _grouped(groups)]
        whole = len({fact.person for fact in of.facts})
    else:
        groups = [(fact.event.name, fact.person) for fact in of.facts if fact.is_custom]
        rows = [(value, (len(own), len(set(own)))) for value, own in _grouped(groups)]
        whole = sum(fact.is_custom and spec.event in {"", fact.event.name} for fact in of.facts)
    rows.sort(key=lambda row: (-row[1][0], row[0]))
    top = [(value, numbers, numbers[0] / whole if whole else 0.0) for value, numbers in rows[: spec.limit]]
    return top, len(rows)


def _grouped(pairs: list[tuple[str, str]]) -> list[tuple[str, list[str]]]:
    return [
        (value, [person for other, person in pairs if other == value]) for value in {pair[0] for pair in pairs}
    ]


def specs(day: Any) -> st.SearchStrategy[dict[str, Any]]:
    tables = st.lists(st.sampled_from([*SESSION_PANELS, "pages", "events"]), max_size=3, unique=True)
    return st.fixed_dictionaries({
        "kind": st.just("overview"),
        "period": samples.periods(day),
        "compare": st.sampled_from(["none", "previous", "year"]),
        "interval": st.sampled_from(["auto", "hour", "day", "week", "month"]),
        "metric": st.sampled_from(["visitors", "sessions", "views", "bounce_rate", "duration", "events"]),
        "event": st.sampled_from(["", "Buy"]),
        "panels": tables.map(lambda chosen: ["figures", "chart", *chosen]),
        "limit": st.sampled_from([1, 2, 10]),
        "filters": samples.filters(of_sessions=True),
    })  # fmt: skip


def check(asked: Asked, facts: list[Fact]) -> None:
    spec = asked.spec
    result = asked.answer()
    current = counted(spec, facts, asked.days.first, asked.days.last, asked.zone)
    expected = figures(spec, current)
    assert {figure.metric: figure.value for figure in result.figures} == {k: close(v) for k, v in expected.items()}
    for table in result.tables:
        rows, total = ranked(spec, table.panel, current)
        assert [(row.value, row.metrics) for row in table.rows] == [row[:2] for row in rows]
        assert [row.share for row in table.rows] == [close(row[2]) for row in rows]
        assert table.total_rows == total
    check_chart(asked, result.chart, current)
    if asked.before is not None:
        previous = counted(spec, facts, asked.before.first, asked.before.last, asked.zone)
        before = figures(spec, previous)
        assert {figure.metric: figure.previous for figure in result.figures} == {
            k: close(v) for k, v in before.items()
        }
        check_previous(asked, result.chart, previous)


def check_chart(asked: Asked, chart: Any, current: Counted) -> None:
    nothing = None if asked.spec.metric in {"bounce_rate", "duration"} else 0
    expected = charted(asked.spec, current, chart.interval, asked.zone, asked.project.first_weekday)
    names = asked.labels(asked.days, chart.interval)
    assert [asked.label(point.start, chart.interval) for point in chart.points] == names
    assert [point.value for point in chart.points] == [close(expected.get(name, nothing)) for name in names]
    last = [asked.label(point.end - timedelta(microseconds=1), chart.interval) for point in chart.points]
    assert last == names
    assert [point.incomplete for point in chart.points] == [point.end > asked.now for point in chart.points]


def check_previous(asked: Asked, chart: Any, previous: Counted) -> None:
    nothing = None if asked.spec.metric in {"bounce_rate", "duration"} else 0
    expected = charted(asked.spec, previous, chart.interval, asked.zone, asked.project.first_weekday)
    names = asked.labels(asked.before, chart.interval)
    values = [close(expected.get(name, nothing)) for name in names]
    padded = (values + [None] * len(chart.points))[: len(chart.points)]
    assert [point.previous for point in chart.points] == padded
