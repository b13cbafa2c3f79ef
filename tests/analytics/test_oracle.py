"""Overview and trends against the oracle, through the real path: accept, seal, sometimes compact, query.

`ORACLE_EXAMPLES=500` looks longer, `ORACLE_SHRINK=1` for a small failing example (in minutes); each example is one
set of events and several queries of each kind.
"""

import os
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from analytics.kinds import parse_spec
from analytics.periods import Days, compared_days, days_of, today_in
from analytics.queries.run import run_query
from tests import factories
from tests.analytics.events import store
from tests.oracle import overview, samples, trends
from tests.oracle.facts import Fact, label, labels, stored, within

EXAMPLES = int(os.environ.get("ORACLE_EXAMPLES", "12"))
SHRINK = "ORACLE_SHRINK" in os.environ
QUERIES = 6
LOOKING = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    phases=[Phase.generate, *([Phase.shrink] if SHRINK else [])],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
pytestmark = [pytest.mark.django_db, pytest.mark.timeout(3600)]


def a_project_with(draw: Any, engine: Any) -> tuple[Any, list[Fact], Any]:
    """A project in some zone whose events arrived in up to three requests."""
    zone, day, events = draw(samples.scenes())
    project = factories.ProjectFactory.create(time_zone=zone, first_weekday=draw(st.sampled_from([0, 5, 6])))
    cuts = sorted(draw(st.lists(st.integers(0, len(events)), max_size=2)))
    for start, end in zip([0, *cuts], [*cuts, len(events)], strict=True):
        store(project, events[start:end])
        if draw(st.booleans()):
            engine.tidy(project)
    return project, stored(events), day


def close(value: Any) -> Any:
    return None if value is None else pytest.approx(value, rel=1e-9, abs=1e-9)


class Asked:
    """A spec with the days that it means, for the oracle."""

    def __init__(self, project: Any, spec: Any, now: datetime) -> None:
        self.project, self.spec, self.now = project, spec, now
        self.zone = ZoneInfo(project.time_zone)
        today = today_in(self.zone, now)
        self.days = days_of(spec.period, today=today)
        self.before = compared_days(spec.period, spec.compare, today=today)

    @property
    def compared(self) -> tuple[date, date]:
        """The days to compare with; a day long ago if none."""
        days = self.before or Days(date(1990, 1, 1), date(1990, 1, 1))
        return days.first, days.last

    def labels(self, days: Days | None, interval: str) -> list[Any]:
        assert days is not None
        return labels(days.first, days.last, interval, self.zone, self.project.first_weekday)

    def label(self, at: datetime, interval: str) -> Any:
        return label(at, interval, self.zone, self.project.first_weekday)


@LOOKING
@given(data=st.data())
def test_the_overview_is_what_plain_counting_gives(engine, data):
    project, facts, day = a_project_with(data.draw, engine)
    for _ in range(QUERIES):
        now = data.draw(samples.moments(project.time_zone, day))
        spec = parse_spec(data.draw(overview_specs(day)))
        check_overview(Asked(project, spec, now), facts)


def overview_specs(day: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({
        "kind": st.just("overview"),
        "period": samples.periods(day),
        "compare": st.sampled_from(["none", "previous", "year"]),
        "interval": st.sampled_from(["auto", "hour", "day", "week", "month"]),
        "metric": st.sampled_from(["visitors", "sessions", "views", "bounce_rate", "duration", "events"]),
        "event": st.sampled_from(["", "Buy"]),
        "limit": st.sampled_from([1, 2, 10]),
        "filters": samples.filters(of_sessions=True),
    })  # fmt: skip


def check_overview(asked: Asked, facts: list[Fact]) -> None:
    spec = asked.spec
    result: Any = run_query(project=asked.project, spec=spec, now=asked.now).result
    current = overview.counted(spec, facts, asked.days.first, asked.days.last, asked.zone)
    expected = overview.figures(spec, current)
    assert {figure.metric: figure.value for figure in result.figures} == {k: close(v) for k, v in expected.items()}
    for table in result.tables:
        rows, total = overview.table(spec, table.panel, current)
        assert [(row.value, row.metrics) for row in table.rows] == [row[:2] for row in rows]
        assert [row.share for row in table.rows] == [close(row[2]) for row in rows]
        assert table.total_rows == total
    check_chart(asked, result.chart, current)
    if asked.before is not None:
        previous = overview.counted(spec, facts, asked.before.first, asked.before.last, asked.zone)
        before = overview.figures(spec, previous)
        assert {figure.metric: figure.previous for figure in result.figures} == {
            k: close(v) for k, v in before.items()
        }
        check_previous(asked, result.chart, previous)


def check_chart(asked: Asked, chart: Any, current: overview.Counted) -> None:
    nothing = None if asked.spec.metric in {"bounce_rate", "duration"} else 0
    expected = overview.chart(asked.spec, current, chart.interval, asked.zone, asked.project.first_weekday)
    names = asked.labels(asked.days, chart.interval)
    assert [asked.label(point.start, chart.interval) for point in chart.points] == names
    assert [point.value for point in chart.points] == [close(expected.get(name, nothing)) for name in names]
    last = [asked.label(point.end - timedelta(microseconds=1), chart.interval) for point in chart.points]
    assert last == names
    assert [point.incomplete for point in chart.points] == [point.end > asked.now for point in chart.points]


def check_previous(asked: Asked, chart: Any, previous: overview.Counted) -> None:
    nothing = None if asked.spec.metric in {"bounce_rate", "duration"} else 0
    expected = overview.chart(asked.spec, previous, chart.interval, asked.zone, asked.project.first_weekday)
    names = asked.labels(asked.before, chart.interval)
    values = [close(expected.get(name, nothing)) for name in names]
    padded = (values + [None] * len(chart.points))[: len(chart.points)]
    assert [point.previous for point in chart.points] == padded


@LOOKING
@given(data=st.data())
def test_trends_are_what_plain_counting_gives(engine, data):
    project, facts, day = a_project_with(data.draw, engine)
    for _ in range(QUERIES):
        now = data.draw(samples.moments(project.time_zone, day))
        spec = parse_spec(data.draw(trends_specs(day)))
        check_trends(Asked(project, spec, now), facts)


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


def trends_specs(day: Any) -> st.SearchStrategy[dict[str, Any]]:
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


def check_trends(asked: Asked, facts: list[Fact]) -> None:
    result: Any = run_query(project=asked.project, spec=asked.spec, now=asked.now).result
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
    current = trends.kept(spec, one, within(facts, asked.days.first, asked.days.last, asked.zone))
    before = trends.kept(spec, one, within(facts, *asked.compared, asked.zone))
    whole: list[tuple[str, ...]] = [()]
    groups, others = trends.top(current, spec.breakdown, spec.limit) if spec.breakdown else (whole, False)

    def line(group: tuple[str, ...] | None) -> tuple:
        def own(of: list[Fact]) -> list[Fact]:
            return [fact for fact in of if _shown(trends.group(fact, spec.breakdown), groups) == group]

        return (
            place,
            group or None,
            group is None,
            *numbers(asked, one, own(current), asked.days, interval),
            *(numbers(asked, one, own(before), asked.before, interval) if asked.before else ([], None)),
        )

    return [line(group) for group in [*groups, *([None] if others else [])]]


def _shown(group: tuple[str, ...], groups: list[tuple[str, ...]]) -> tuple[str, ...] | None:
    return group if group in groups else None


def numbers(asked: Asked, one: Any, facts: list[Fact], days: Days, interval: str) -> tuple[list, float | None]:
    names = asked.labels(days, interval)
    values = trends.values(one, facts, names, interval, asked.zone, asked.project.first_weekday)
    return values, trends.number(one, facts)
