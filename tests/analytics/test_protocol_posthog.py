import base64
import gzip
import json
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
import time_machine

from analytics.contracts import Event
from analytics.ingestion import payloads
from analytics.models import DropCount, InboxEntry
from analytics.people import Links
from tests.factories import WriteKeyFactory

KEY = "plw_posthog"
EVENT = {"event": "Signed up", "distinct_id": "u1", "uuid": "m1", "properties": {"plan": "pro"}}
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MICROSECONDS = 1_000_000


@pytest.fixture(autouse=True)
def _write_key(project) -> None:
    WriteKeyFactory(project=project, text=KEY)


def send(client, path: str, body: object, **extra):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.post(path, data=data, content_type=extra.pop("content_type", "application/json"), **extra)


def sent(client, event: dict, **beside) -> Event:
    """The one event that is stored of what was sent."""
    response = send(client, "/batch/", {"api_key": KEY, "batch": [{**EVENT, **event}], **beside})
    assert response.status_code == 200, response.content
    (found,) = stored()
    return found


def stored() -> list[Event]:
    return [event for entry in InboxEntry.objects.order_by("id") for event in payloads.unpack(entry.payload)]


def dropped() -> dict[str, int]:
    return dict(DropCount.objects.values_list("reason", "events"))


@pytest.mark.parametrize(
    ("path", "body", "answer"),
    [
        ("/capture/", {"api_key": KEY, **EVENT}, {"status": 1}),
        ("/capture", {"token": KEY, **EVENT}, {"status": 1}),
        ("/track/", {**EVENT, "properties": {"token": KEY, "plan": "pro"}}, {"status": 1}),
        ("/e/", [{**EVENT, "properties": {"token": KEY, "plan": "pro"}}], {"status": 1}),
        ("/e/", {"api_key": KEY, "batch": [EVENT]}, {"status": 1}),
        ("/i/v0/e/", {"api_key": KEY, **EVENT}, {"status": "Ok"}),
        ("/batch/", {"api_key": KEY, "batch": [EVENT]}, {"status": 1}),
    ],
)
def test_every_door_takes_its_shapes(client, path, body, answer) -> None:
    response = send(client, path, body)

    assert (response.status_code, response.json()) == (200, answer)
    (event,) = stored()
    assert (event.kind, event.name, event.user_id, event.message_id) == ("track", "Signed up", "u1", "m1")
    assert json.loads(event.properties) == {"plan": "pro"}


def base64_of(value: object) -> bytes:
    return base64.b64encode(json.dumps(value).encode())


BODY = {"api_key": KEY, **EVENT}
FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("path", "body", "extra"),
    [
        ("/e/", gzip.compress(json.dumps(BODY).encode()), {"headers": {"Content-Encoding": "gzip"}}),
        ("/e/?compression=gzip-js", gzip.compress(json.dumps(BODY).encode()), {"content_type": "text/plain"}),
        ("/e/?compression=base64", b"data=" + quote(base64_of(BODY)).encode(), {"content_type": FORM}),
        ("/e/", b"data=" + base64_of(BODY), {"content_type": FORM}),
        ("/e/", base64_of(BODY), {"content_type": "text/plain"}),
        ("/e/", b"data=" + quote(json.dumps(BODY)).encode(), {"content_type": FORM}),
        ("/e/", base64.b64encode(gzip.compress(json.dumps(BODY).encode())), {"content_type": "text/plain"}),
    ],
)
def test_a_body_is_read_however_it_is_wrapped(client, path, body, extra) -> None:
    assert send(client, path, body, **extra).status_code == 200
    assert [event.name for event in stored()] == ["Signed up"]


def test_a_picture_s_address_may_hold_the_event(client) -> None:
    assert client.get("/e/", {"data": base64_of(BODY).decode(), "ip": "1"}).status_code == 200
    assert [event.name for event in stored()] == ["Signed up"]


def test_a_page_view_fills_the_columns_and_keeps_the_rest(client) -> None:
    event = sent(
        client,
        {
            "event": "$pageview",
            "properties": {
                "$current_url": "https://shop.test/pricing?utm_source=news",
                "$host": "shop.test",
                "$pathname": "/pricing",
                "$referrer": "https://www.google.com/",
                "$referring_domain": "www.google.com",
                "title": "Prices",
                "$raw_user_agent": AGENT,
                "$browser": "Firefox",
                "$os": "Linux",
                "$browser_language": "de-CH",
                "$timezone": "Europe/Zurich",
                "$lib": "web",
                "$lib_version": "1.0",
                "$is_identified": False,
                "$session_id": "s1",
                "$groups": {"company": "acme", "team": 7},
                "gclid": None,
                "$sdk_debug_x": 1,
                "token": KEY,
                "plan": "pro",
            },
        },
    )

    assert (event.kind, event.anonymous_id, event.user_id, event.group_id) == ("page", "u1", "", "company:acme")
    assert (event.host, event.path, event.title, event.utm_source, event.referrer_host) == (
        "shop.test", "/pricing", "Prices", "news", "www.google.com",
    )  # fmt: skip
    assert (event.browser, event.language, event.country, event.library) == (
        "Firefox", "de-CH", "CH", "posthog-js",
    )  # fmt: skip
    assert json.loads(event.properties) == {
        "$is_identified": False,
        "$session_id": "s1",
        "$groups": {"company": "acme", "team": 7},
        "plan": "pro",
    }


def test_identify_links_and_carries_traits(client) -> None:
    event = sent(
        client,
        {
            "event": "$identify",
            "$set": {"email": "a@acme.test", "phone": None},
            "properties": {"$anon_distinct_id": "a1", "$set_once": {"first": "x"}, "plan": "pro"},
        },
    )

    assert (event.kind, event.user_id, event.anonymous_id) == ("identify", "u1", "a1")
    assert json.loads(event.properties) == {"email": "a@acme.test"}
    assert json.loads(event.context) == {"set_once": {"first": "x"}, "properties": {"plan": "pro"}}


@pytest.mark.parametrize("name", ["$set", "$set_once"])
def test_traits_alone_are_an_identify(client, name) -> None:
    event = sent(client, {"event": name, name: {"a": 1}, "properties": {}})

    assert (event.kind, event.user_id, event.anonymous_id) == ("identify", "u1", "")
    assert {"a": 1} in (json.loads(event.properties), json.loads(event.context).get("set_once"))


def test_a_trait_is_taken_back(client) -> None:
    event = sent(client, {"event": "$set", "properties": {"$set": {"a": 1}, "$unset": ["b", 5]}})

    assert json.loads(event.properties) == {"a": 1, "b": None}


def test_traits_beside_an_event_stay_in_its_context(client) -> None:
    event = sent(client, {"properties": {"$set": {"a": 1}, "$set_once": {"b": 2}}})

    assert json.loads(event.properties) == {}
    assert json.loads(event.context) == {"traits": {"a": 1}, "set_once": {"b": 2}}


def test_alias_says_who_becomes_whom(client) -> None:
    event = sent(client, {"event": "$create_alias", "distinct_id": "a1", "properties": {"alias": "u1"}})

    assert (event.kind, event.previous_id, event.user_id) == ("alias", "a1", "u1")


def test_a_group_is_known_by_its_kind_and_key(client) -> None:
    group = {"$group_type": "company", "$group_key": "acme", "$group_set": {"name": "Acme"}}

    event = sent(client, {"event": "$groupidentify", "properties": group})

    assert (event.kind, event.group_id, json.loads(event.properties)) == (
        "group",
        "company:acme",
        {"name": "Acme"},
    )


def test_a_screen_has_its_name(client) -> None:
    event = sent(client, {"event": "$screen", "properties": {"$screen_name": "Start", "$os": "iOS"}})

    assert (event.kind, event.path, event.os) == ("screen", "Start", "iOS")


def test_whoever_has_no_profile_is_anonymous(client) -> None:
    event = sent(client, {"properties": {"$process_person_profile": False}})

    assert (event.user_id, event.anonymous_id) == ("", "u1")


def test_what_the_library_sends_by_itself_is_passive(client) -> None:
    event = sent(client, {"event": "$pageleave"})

    assert (event.kind, event.name) == ("passive", "$pageleave")


def moment(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * MICROSECONDS)


@pytest.mark.parametrize(
    ("event", "beside", "expected"),
    [
        ({}, {}, "2026-03-01T12:00:00Z"),
        ({"timestamp": "2026-02-27T03:04:05.678Z"}, {}, "2026-02-27T03:04:05.678Z"),
        # A page's clock an hour ahead.
        ({"timestamp": "2026-03-01T12:59:00Z"}, {"sent_at": "2026-03-01T13:00:00Z"}, "2026-03-01T11:59:00Z"),
        (
            {"timestamp": "2020-01-01T00:00:00Z", "properties": {"$is_server": True}},
            {"sent_at": "2026-03-01T13:00:00Z"},
            "2020-01-01T00:00:00Z",
        ),
        ({"offset": 90_000}, {}, "2026-03-01T11:58:30Z"),
        ({"properties": {"$timestamp": "2026-02-28T00:00:00Z"}}, {}, "2026-02-28T00:00:00Z"),
        (
            {"timestamp": "2015-01-01T00:00:00Z", "properties": {"$lib": "web"}},
            {"historical_migration": True},
            "2015-01-01T00:00:00Z",
        ),
    ],
)
def test_when_it_happened(client, event, beside, expected) -> None:
    with time_machine.travel(NOW, tick=False):
        assert sent(client, event, **beside).time == moment(expected)


def test_a_page_s_events_may_not_be_weeks_late(client) -> None:
    late = {**EVENT, "timestamp": "2015-01-01T00:00:00Z", "properties": {"$lib": "web"}}

    assert send(client, "/batch/", {"api_key": KEY, "batch": [late]}).json() == {"status": 1}
    assert (stored(), dropped()) == ([], {"too_old": 1})


def test_a_browser_tells_in_the_address_when_it_sent(client) -> None:
    event = {"api_key": KEY, **EVENT, "timestamp": "2026-03-01T12:59:00Z"}
    with time_machine.travel(NOW, tick=False):
        send(client, f"/e/?_={moment('2026-03-01T13:00:00Z') // 1000}", event)

    assert stored()[0].time == moment("2026-03-01T11:59:00Z")


def test_a_browser_without_a_cookie_is_a_visitor_of_the_day(client) -> None:
    cookieless = {**EVENT, "distinct_id": "$posthog_cookieless", "properties": {"$cookieless_mode": True}}
    for uuid in ("m1", "m2"):
        send(
            client, "/e/", {"api_key": KEY, "batch": [{**cookieless, "uuid": uuid}]}, headers={"User-Agent": AGENT}
        )

    first, second = stored()
    assert first.anonymous_id == second.anonymous_id
    assert first.anonymous_id.startswith("day_")


def test_traits_of_a_person_have_a_door_of_their_own(client) -> None:
    body = {"$token": KEY, "$distinct_id": "u1", "$set": {"plan": "pro"}}

    assert send(client, "/engage/", body).json() == {"status": 1}
    assert (stored()[0].kind, json.loads(stored()[0].properties)) == ("identify", {"plan": "pro"})


def test_the_newest_door_answers_for_each_event(client) -> None:
    batch = [
        {**EVENT, "options": {"process_person_profile": False}, "session_id": "s1"},
        {**EVENT, "uuid": "m2", "event": ""},
        {**EVENT, "uuid": "m3", "distinct_id": ""},
    ]
    headers = {"Authorization": f"Bearer {KEY}", "PostHog-Sdk-Info": "posthog-python/9.9"}

    answer = send(client, "/i/v1/analytics/events", {"batch": batch}, headers=headers).json()

    assert answer == {
        "results": {
            "m1": {"result": "ok"},
            "m2": {"result": "drop", "details": "event must be the name of the event."},
            "m3": {"result": "drop", "details": "distinct_id is required."},
        }
    }
    (event,) = stored()
    assert (event.anonymous_id, event.library, json.loads(event.properties)["$session_id"]) == (
        "u1", "posthog-python", "s1",
    )  # fmt: skip


@pytest.mark.parametrize("path", ["/flags/?v=2", "/decide/?v=3"])
def test_there_are_no_flags(client, path) -> None:
    answer = send(client, path, {"token": KEY, "distinct_id": "u1"}).json()

    assert (answer["flags"], answer["featureFlags"], answer["errorsWhileComputingFlags"]) == ({}, {}, False)
    assert answer["sessionRecording"] is False


def test_the_settings_switch_nothing_on(client) -> None:
    answer = client.get("/array/plw_x/config")
    script = client.get("/array/%3Cscript%3E/config.js")

    assert (answer.json()["token"], answer.json()["hasFeatureFlags"]) == ("plw_x", False)
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert script["Content-Type"].startswith("application/javascript")
    assert b"<" not in script.content


@pytest.mark.parametrize(
    ("body", "status", "attribute"),
    [
        (b"{", 400, None),
        (b"", 400, None),
        (b"data=%%%", 400, None),
        (b"5", 400, "body"),
        ({"api_key": KEY, "batch": {}}, 400, "batch"),
        ({"api_key": KEY, "batch": [{"event": "x"}]}, 400, "batch.0.distinct_id"),
        ({"api_key": "plw_other", "batch": [EVENT]}, 401, None),
        ({"batch": [EVENT]}, 401, None),
        (gzip.compress(b" " * 21_000_000, mtime=0), 413, None),
    ],
)
def test_a_body_that_is_not_what_it_should_be(client, body, status, attribute) -> None:
    response = send(client, "/batch/", body)

    assert response.status_code == status
    assert response.json()["detail"]
    assert response.json()["attr"] == attribute
    assert stored() == []


@pytest.mark.parametrize(
    "event",
    [
        {"event": "$groupidentify", "properties": {"$group_type": "company"}},
        {"event": "$create_alias"},
        {"properties": 5},
        {"timestamp": "yesterday"},
    ],
)
def test_a_malformed_event_is_counted_and_the_rest_kept(client, event) -> None:
    body = {"api_key": KEY, "batch": [EVENT, {**EVENT, "properties": {}, **event}]}

    assert send(client, "/batch/", body).json() == {"status": 1}
    assert (len(stored()), dropped()) == (1, {"invalid": 1})


def test_what_is_historical_is_not_shown_live(client, monkeypatch, django_capture_on_commit_callbacks) -> None:
    body = {"api_key": KEY, "batch": [EVENT], "historical_migration": True}
    with django_capture_on_commit_callbacks() as callbacks:
        send(client, "/batch/", body)

    assert callbacks == []
    assert len(stored()) == 1


def test_the_ids_of_one_person_meet(client) -> None:
    """A page that is nobody's yet, a server that knows its id, signing up, and another id joined to it."""
    events = [
        {"event": "$pageview", "distinct_id": "a1", "properties": {"$is_identified": False}},
        {"event": "Priced", "distinct_id": "a1", "properties": {"$is_server": True}},
        {"event": "$identify", "distinct_id": "u1", "properties": {"$anon_distinct_id": "a1"}},
        {"event": "$create_alias", "distinct_id": "a2", "properties": {"alias": "u1"}},
        {"event": "Paid", "distinct_id": "a2", "properties": {}},
        {"event": "Paid", "distinct_id": "u2", "properties": {}},
    ]
    send(client, "/batch/", {"api_key": KEY, "batch": events})
    links = Links({})

    for event in stored():
        links.learn(event)

    assert links.people_of(stored()).persons == ["u1", "u1", "u1", "u1", "u1", "u2"]
