"""The overview of the demo equals a plain count over the generated calls, written from the definitions."""

import io
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command

from analytics.kinds import parse_spec
from analytics.kinds.overview import OverviewResult
from analytics.queries.run import run_query
from config.demo.models import DemoLoad
from config.demo.places import BOT_AGENTS
from config.demo.simulation import generate


def kept(demo: DemoLoad) -> list:
    """The generated calls that are no crawler's."""
    bots = {agent.text for agent in BOT_AGENTS.values}
    calls = generate(seed=demo.seed, events=demo.events, now=demo.now)
    return [call for _, call in calls if call["context"].get("userAgent") not in bots]


@dataclass(frozen=True)
class Session:
    views: int
    tracks: int
    seconds: float
    campaign: str


def moment_of(call) -> datetime:
    return datetime.fromisoformat(call["timestamp"])


def plain_sessions(calls) -> list[Session]:
    """definitions.md, Session: gaps of up to 30:00, at most 24 h, by event time."""
    sessions: list[list] = []
    current: list = []
    for call in sorted(calls, key=moment_of):
        if current and (
            moment_of(call) - moment_of(current[-1]) > timedelta(minutes=30)
            or moment_of(call) - moment_of(current[0]) > timedelta(hours=24)
        ):
            sessions.append(current)
            current = []
        current.append(call)
    return [
        Session(
            views=sum(call["type"] == "page" for call in session),
            tracks=sum(call["type"] == "track" for call in session),
            seconds=(moment_of(session[-1]) - moment_of(session[0])).total_seconds(),
            campaign=session[0]["context"].get("campaign", {}).get("name", ""),
        )
        for session in [*sessions, current]
    ]


def by_person(calls, period) -> dict[str, list]:
    """definitions.md, Person: the user id linked to the anonymous id, else the user id, else the anonymous id."""
    links: dict[str, str] = {}
    for call in calls:
        if call["type"] == "identify":
            links.setdefault(call["anonymousId"], call["userId"])
        if call["type"] == "alias":
            links[call["previousId"]] = call["userId"]
    people: dict[str, list] = {}
    for call in calls:
        if period[0] <= moment_of(call) < period[1]:
            known = call.get("userId", "") or call.get("anonymousId", "")
            person = links.get(call.get("anonymousId", ""), known)
            people.setdefault(links.get(person, person), []).append(call)
    return people


@pytest.fixture
def demo(db: None) -> DemoLoad:
    call_command("load_demo", events=2_000, stdout=io.StringIO())
    return DemoLoad.objects.select_related("project").get()


@pytest.fixture
def people(demo: DemoLoad) -> dict[str, list]:
    """The calls of the last 30 days, today among them, by person."""
    zone = ZoneInfo("Europe/Berlin")
    today = demo.now.astimezone(zone).date()
    first, last = today - timedelta(days=29), today + timedelta(days=1)
    return by_person(kept(demo), [datetime.combine(day, time(), zone).astimezone(UTC) for day in (first, last)])


@pytest.fixture
def sessions(people: dict[str, list]) -> list[Session]:
    return [session for calls in people.values() for session in plain_sessions(calls)]


@pytest.fixture
def overview(demo: DemoLoad) -> OverviewResult:
    spec = parse_spec({"kind": "overview", "period": {"last": "30d"}, "limit": 1000})
    result = run_query(project=demo.project, spec=spec, now=demo.now).result
    assert isinstance(result, OverviewResult)
    return result


def column(overview: OverviewResult, panel: str, metric: str) -> dict[str, float | None]:
    table = next(table for table in overview.tables if table.panel == panel)
    place = table.columns.index(metric)
    return {row.value: row.metrics[place] for row in table.rows}


def test_the_figures_equal_a_plain_count(overview, people, sessions):
    figures = {figure.metric: figure.value for figure in overview.figures}
    bounces = sum(session.views <= 1 and session.tracks == 0 for session in sessions)
    assert figures["visitors"] == len(people) > 50
    assert figures["sessions"] == len(sessions) > len(people)
    assert figures["views"] == sum(session.views for session in sessions)
    assert figures["events"] == sum(session.tracks for session in sessions) > 0
    assert figures["bounce_rate"] == pytest.approx(bounces / len(sessions))
    assert figures["duration"] == pytest.approx(sum(session.seconds for session in sessions) / len(sessions))


def test_the_tables_equal_a_plain_count(overview, people, sessions):
    calls = [call for calls in people.values() for call in calls]
    paths = Counter(call["context"]["page"]["path"] for call in calls if call["type"] == "page")
    events = Counter(call["event"] for call in calls if call["type"] == "track")
    assert column(overview, "pages", "views") == paths
    assert column(overview, "events", "events") == events
    assert column(overview, "campaigns", "sessions") == Counter(session.campaign for session in sessions)
