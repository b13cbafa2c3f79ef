"""segment-analytics-python, as it comes from the registry, against a running server."""

from datetime import UTC, datetime

import pytest
from segment.analytics.client import Client

from analytics.contracts import Event
from analytics.ingestion import payloads
from analytics.models import InboxEntry
from tests.factories import WriteKeyFactory

WHEN = datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)


def stored() -> dict[str, Event]:
    return {event.kind: event for entry in InboxEntry.objects.all() for event in payloads.unpack(entry.payload)}


@pytest.mark.parametrize("compressed", [False, True])
def test_every_call_of_the_real_client_arrives(transactional_db, live_server, project, compressed) -> None:
    WriteKeyFactory(project=project, text="plw_real")
    errors: list[object] = []
    client = Client(
        "plw_real",
        host=live_server.url,
        gzip=compressed,
        max_retries=0,
        on_error=lambda error, batch: errors.append((error, batch)),
    )
    client.track("u1", "Signed up", {"plan": "pro", "seats": 3}, timestamp=WHEN, message_id="m1")
    client.identify("u1", {"email": "u1@acme.test"}, anonymous_id="a1")
    client.page("u1", "Docs", "Home", {"url": "https://acme.test/docs?utm_source=hn", "referrer": ""})
    client.screen("u1", "App", "Start")
    client.group("u1", 77, {"name": "Acme"})
    client.alias("a0", "u1")
    client.flush()
    client.join()

    found = stored()
    assert errors == []
    assert set(found) == {"track", "identify", "page", "screen", "group", "alias"}
    track = found["track"]
    assert (track.message_id, track.name, track.user_id, track.time) == (
        "m1", "Signed up", "u1", int(WHEN.timestamp() * 1_000_000),
    )  # fmt: skip
    assert track.library == "analytics-python"
    assert found["identify"].anonymous_id == "a1"
    assert (found["page"].path, found["page"].source) == ("/docs", "Hacker News")
    assert (found["screen"].path, found["group"].group_id, found["alias"].previous_id) == ("Start", "77", "a0")
