"""Node's libraries against a running server: what they send is what is stored."""

import json
from datetime import UTC, datetime

import pytest

from analytics.contracts import Event
from analytics.ingestion import payloads
from analytics.models import DropCount, InboxEntry
from tests.factories import SiteFactory, WriteKeyFactory

pytestmark = [pytest.mark.django_db(transaction=True)]

KEY = "plw_node"
WHEN = int(datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC).timestamp() * 1_000_000)
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


def stored() -> list[Event]:
    assert not DropCount.objects.exists()
    return [event for entry in InboxEntry.objects.order_by("id") for event in payloads.unpack(entry.payload)]


def test_segment(node, live_server, project) -> None:
    WriteKeyFactory(project=project, text=KEY)

    node("segment_node.mjs", live_server.url, KEY)

    found = {event.kind: event for event in stored()}
    assert set(found) == {"track", "identify", "page", "screen", "group", "alias"}
    track = found["track"]
    assert (track.message_id, track.name, track.user_id, track.time, track.library) == (
        "m1", "Signed up", "u1", WHEN, "@segment/analytics-node",
    )  # fmt: skip
    assert json.loads(track.properties) == {"plan": "pro", "seats": 3}
    assert (found["identify"].anonymous_id, json.loads(found["identify"].properties)) == (
        "a1", {"email": "u1@acme.test"},
    )  # fmt: skip
    assert (found["page"].path, found["page"].source) == ("/docs", "Hacker News")
    assert (found["screen"].path, found["group"].group_id, found["alias"].previous_id) == ("Start", "77", "a0")
    assert json.loads(found["group"].properties) == {"name": "Acme"}


@pytest.mark.parametrize("mode", ["v0", "v1"])
def test_posthog(node, live_server, project, mode) -> None:
    WriteKeyFactory(project=project, text=KEY)

    flags = node("posthog_node.mjs", live_server.url, KEY, POSTHOG_CAPTURE_MODE=mode)

    assert json.loads(flags) == {}
    events = sorted(stored(), key=lambda event: event.kind)
    alias, group, identify, view = (event for event in events if event.kind != "track")
    tracks = {event.name: event for event in events if event.kind == "track"}
    assert set(tracks) == {"Signed up", "$exception"}
    track = tracks["Signed up"]
    assert (track.message_id, track.user_id, track.time, track.group_id, track.library) == (
        "018f0000-0000-7000-8000-000000000001", "u1", WHEN, "company:acme", "posthog-node",
    )  # fmt: skip
    assert {"plan": "pro", "seats": 3}.items() <= json.loads(track.properties).items()
    context = json.loads(track.context)
    assert (context["traits"], context["set_once"]) == ({"email": "u1@acme.test"}, {"first": "docs"})
    assert (view.kind, view.path, view.source) == ("page", "/docs", "Hacker News")
    assert (identify.user_id, identify.anonymous_id, json.loads(identify.properties)) == (
        "u1", "a1", {"plan": "pro"},
    )  # fmt: skip
    assert (alias.previous_id, alias.user_id) == ("a0", "u1")
    assert (group.group_id, json.loads(group.properties)) == ("company:acme", {"name": "Acme"})


def test_umami(node, live_server, project) -> None:
    website = "01234567-89ab-4def-8123-456789abcdef"
    SiteFactory(project=project, name=website)

    answers = json.loads(node("umami_node.mjs", live_server.url, website, AGENT))

    view, track, traits, identify, performance = stored()
    assert len({answer["sessionId"] for answer in (*answers[:3], answers[4])}) == 1
    assert all(answer["cache"] and answer["visitId"] for answer in answers)
    assert (view.kind, view.host, view.path, view.title, view.source, view.language, view.browser) == (
        "page", "acme.test", "/docs", "Docs", "Hacker News", "de", "Firefox",
    )  # fmt: skip
    assert (track.name, json.loads(track.properties)) == ("Signed up", {"plan": "pro", "seats": 3})
    assert (traits.kind, json.loads(traits.properties)) == ("identify", {"email": "u1@acme.test"})
    assert (identify.kind, identify.user_id, json.loads(identify.properties)) == (
        "identify", "u1", {"plan": "pro"},
    )  # fmt: skip
    assert (performance.name, json.loads(performance.properties)) == ("performance", {"lcp": 1200.5})
    assert view.anonymous_id == track.anonymous_id == traits.anonymous_id == performance.anonymous_id
