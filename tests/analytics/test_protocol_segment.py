import base64
import gzip
import json

import pytest

from analytics.contracts import Event
from analytics.ingestion import payloads
from analytics.models import DropCount, InboxEntry
from tests.factories import WriteKeyFactory

KEY = "plw_segment"
CALL = {"event": "Signed up", "userId": "u1", "properties": {"plan": "pro"}}


@pytest.fixture
def write_key(project):
    return WriteKeyFactory(project=project, text=KEY)


def send(client, route: str, body: object, key: str = KEY, **extra):
    credentials = base64.b64encode(f"{key}:".encode()).decode()
    headers = {"Authorization": f"Basic {credentials}", **extra.pop("headers", {})}
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.post(f"/v1/{route}", data=data, content_type="application/json", headers=headers, **extra)


def stored() -> list[Event]:
    return [event for entry in InboxEntry.objects.order_by("id") for event in payloads.unpack(entry.payload)]


def dropped() -> dict[str, int]:
    return dict(DropCount.objects.values_list("reason", "events"))


@pytest.mark.parametrize(
    ("route", "call", "kind"),
    [
        ("track", CALL, "track"),
        ("t", CALL, "track"),
        ("identify", {"userId": "u1", "traits": {"plan": "pro"}}, "identify"),
        ("i", {"userId": "u1"}, "identify"),
        ("page", {"userId": "u1", "name": "Home"}, "page"),
        ("p", {"anonymousId": "a1"}, "page"),
        ("screen", {"userId": "u1", "name": "Home"}, "screen"),
        ("s", {"userId": "u1"}, "screen"),
        ("group", {"userId": "u1", "groupId": "g1"}, "group"),
        ("g", {"userId": "u1", "groupId": 7}, "group"),
        ("alias", {"userId": "u1", "previousId": "a1"}, "alias"),
        ("a", {"userId": "u1", "previousId": "a1"}, "alias"),
    ],
)
def test_every_call_has_its_route_and_a_short_one(client, write_key, route, call, kind) -> None:
    response = send(client, route, call)

    assert (response.status_code, response.json()) == (200, {"success": True})
    assert [event.kind for event in stored()] == [kind]


@pytest.mark.parametrize("route", ["batch", "b", "import", "batch/"])
def test_a_batch_shares_its_context(client, write_key, route) -> None:
    body = {
        "batch": [{**CALL, "type": "track"}, {"type": "page", "userId": "u1", "context": {"locale": "fr"}}],
        "context": {"locale": "de", "timezone": "Europe/Zurich"},
    }

    assert send(client, route, body).status_code == 200
    assert [(event.language, event.country) for event in stored()] == [("de", "CH"), ("fr", "CH")]


def test_the_key_may_stand_in_the_body(client, write_key) -> None:
    response = client.post("/v1/track", data=json.dumps({**CALL, "writeKey": KEY}), content_type="text/plain")

    assert response.status_code == 200
    assert stored()[0].name == "Signed up"


@pytest.mark.parametrize("key", ["plw_other", "", "pls_secret", "caf\u00e9"])
def test_a_wrong_key_is_unauthenticated(client, write_key, key) -> None:
    response = send(client, "track", CALL, key=key)

    assert response.status_code == 401
    assert response.json()["error"]["code"] == "unauthenticated"
    assert not InboxEntry.objects.exists()


def test_a_gzipped_body_is_read(client, write_key) -> None:
    body = gzip.compress(json.dumps(CALL).encode())

    assert send(client, "track", body, headers={"Content-Encoding": "gzip"}).status_code == 200
    assert len(stored()) == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"[]", 400),
        (b'{"batch": {}}', 400),
        (b'{"batch": [], "context": 1}', 400),
        (b"[" * 100_000, 400),
        (b"\xff\xfe", 400),
        (b"\x1f\x8bnot gzip", 400),
        (gzip.compress(b'{"batch": []}', mtime=0)[:-9], 400),
        (b" " * (500 * 1024 + 1), 413),
        (gzip.compress(b" " * 50_000_000, mtime=0), 413),
    ],
)
def test_a_body_that_is_not_what_it_should_be(client, write_key, body, status) -> None:
    response = send(client, "batch", body)

    assert response.status_code == status
    assert response.json()["error"]["message"]
    assert response["Access-Control-Allow-Origin"] == "*"


def test_a_malformed_event_is_refused_and_the_rest_kept(client, write_key) -> None:
    good = {**CALL, "type": "track"}
    batch = [good, {"type": "track", "userId": "u1"}, "rubbish", {**good, "properties": {"x": "y" * 33_000}}, good]

    assert send(client, "batch", {"batch": batch}).json() == {"success": True}
    assert len(stored()) == 2
    assert dropped() == {"invalid": 3}


def test_a_batch_of_nothing_but_malformed_events_says_why(client, write_key) -> None:
    response = send(client, "batch", {"batch": [{"type": "track", "event": "x"}, 7]})

    assert response.status_code == 400
    assert response.json()["error"]["fields"] == [
        {"field": "batch.0.userId", "message": "userId or anonymousId is required."}
    ]
    assert dropped() == {"invalid": 2}


def test_an_empty_batch_is_no_error(client, write_key) -> None:
    assert send(client, "batch", {"batch": []}).json() == {"success": True}


def test_the_numbers_that_json_does_not_know_cost_no_event(client, write_key) -> None:
    body = b'{"event": "x", "userId": "u", "properties": {"a": NaN, "b": -Infinity, "c": 1e999, "d": 1}}'

    assert send(client, "track", body).status_code == 200
    assert json.loads(stored()[0].properties) == {"a": None, "b": None, "c": None, "d": 1}


def test_a_page_of_another_origin_may_ask_and_send(client, write_key) -> None:
    preflight = client.options("/v1/batch", headers={"Origin": "https://example.test"})

    assert preflight.status_code == 204
    assert preflight["Access-Control-Allow-Origin"] == "*"
    assert "Content-Type" in preflight["Access-Control-Allow-Headers"]


def test_reading_is_not_allowed(client) -> None:
    response = client.get("/v1/track")

    assert response.status_code == 405
    assert response.json()["error"]["code"] == "method_not_allowed"


def test_a_bot_is_counted_and_not_kept(client, write_key) -> None:
    call = {**CALL, "context": {"userAgent": "Mozilla/5.0 (compatible; Googlebot/2.1)"}}

    assert send(client, "track", call).status_code == 200
    assert stored() == []
    assert dropped() == {"bot": 1}


def test_a_trusted_proxy_says_the_country(client, write_key, settings) -> None:
    send(client, "track", CALL, headers={"CF-IPCountry": "CH"})
    settings.TRUSTED_PROXIES = 1
    send(client, "track", CALL, headers={"CF-IPCountry": "CH"})

    assert [event.country for event in stored()] == ["", "CH"]


def test_one_request_costs_few_queries_however_many_events(
    client, write_key, django_assert_max_num_queries
) -> None:
    for count in (1, 100):
        batch = [{**CALL, "type": "track", "messageId": f"{count}-{number}"} for number in range(count)]
        # The key, its last use, once a second the plan, a savepoint around the inbox row.
        with django_assert_max_num_queries(6):
            send(client, "batch", {"batch": batch})
    assert len(stored()) == 101
