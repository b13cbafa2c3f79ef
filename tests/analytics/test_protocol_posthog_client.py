"""posthog for Python, as it comes from the registry, against a running server."""

import json
from datetime import UTC, datetime

import pytest
from posthog import Posthog

from analytics.contracts import Event
from analytics.ingestion import payloads
from analytics.models import DropCount, InboxEntry
from tests.factories import WriteKeyFactory

WHEN = datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)
KEY = "plw_posthog_real"


def stored() -> list[Event]:
    return [event for entry in InboxEntry.objects.order_by("id") for event in payloads.unpack(entry.payload)]


@pytest.mark.parametrize("options", [{}, {"gzip": True}, {"capture_mode": "v1"}], ids=["plain", "gzip", "newest"])
def test_every_call_of_the_real_client_arrives(transactional_db, live_server, project, options) -> None:
    WriteKeyFactory(project=project, text=KEY)
    errors: list[object] = []
    client = Posthog(
        KEY, host=live_server.url, on_error=lambda *found: errors.append(found), max_retries=0, **options
    )
    first = client.capture(
        "Signed up",
        distinct_id="u1",
        properties={"plan": "pro", "seats": 3, "$set": {"email": "u1@acme.test"}},
        timestamp=WHEN,
        groups={"company": "acme"},
    )
    client.capture(
        "$pageview", distinct_id="u1", properties={"$current_url": "https://acme.test/docs?utm_source=hn"}
    )
    client.capture("Seen", distinct_id="a9", properties={"$process_person_profile": False})
    client.set(distinct_id="u1", properties={"plan": "pro"})
    client.set_once(distinct_id="u1", properties={"first": "docs"})
    client.group_identify("company", "acme", {"name": "Acme"}, distinct_id="u1")
    client.alias("a1", "u1")
    client.capture_exception(ValueError("wrong"), distinct_id="u1")
    client.shutdown()

    assert errors == []
    assert not DropCount.objects.exists()
    track, view, seen, traits, once, group, alias, exception = stored()
    assert (track.message_id, track.name, track.user_id, track.time, track.group_id, track.library) == (
        first, "Signed up", "u1", int(WHEN.timestamp() * 1_000_000), "company:acme", "posthog-python",
    )  # fmt: skip
    assert {"plan": "pro", "seats": 3}.items() <= json.loads(track.properties).items()
    assert json.loads(track.context)["traits"] == {"email": "u1@acme.test"}
    assert (view.kind, view.path, view.source) == ("page", "/docs", "Hacker News")
    assert (seen.anonymous_id, seen.user_id) == ("a9", "")
    assert (traits.kind, traits.user_id, json.loads(traits.properties)) == ("identify", "u1", {"plan": "pro"})
    assert (once.kind, json.loads(once.context)["set_once"]) == ("identify", {"first": "docs"})
    assert (group.kind, group.group_id, json.loads(group.properties)) == (
        "group",
        "company:acme",
        {"name": "Acme"},
    )
    assert (alias.kind, alias.previous_id, alias.user_id) == ("alias", "a1", "u1")
    assert (exception.name, exception.user_id) == ("$exception", "u1")


def test_the_real_client_finds_no_flags(transactional_db, live_server) -> None:
    client = Posthog(KEY, host=live_server.url, sync_mode=True)

    assert client.get_all_flags("u1") == {}
    assert client.evaluate_flags("u1").is_enabled("new-door") is False
    client.shutdown()


def test_an_import_of_the_real_client_may_be_old(transactional_db, live_server, project) -> None:
    WriteKeyFactory(project=project, text=KEY)
    client = Posthog(KEY, host=live_server.url, historical_migration=True)
    client.capture(
        "Paid", distinct_id="u1", properties={"$lib": "web"}, timestamp=datetime(2015, 1, 1, tzinfo=UTC)
    )
    client.shutdown()

    assert [event.time for event in stored()] == [1_420_070_400_000_000]
