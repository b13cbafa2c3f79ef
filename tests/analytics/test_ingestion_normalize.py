import contextlib
import json
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.contracts import DropReason
from analytics.ingestion import payloads
from analytics.ingestion.client import ClientInfo, client_info
from analytics.ingestion.clock import microseconds
from analytics.ingestion.normalize import RawCall, Refused, normalize

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


def event(client: ClientInfo | None = None, **fields):
    call = cast("RawCall", {"type": "track", "event": "Paid", "userId": "u1", **fields})
    return normalize(call, now=NOW, source=client or ClientInfo())


def refusal(**fields) -> Refused:
    with pytest.raises(Refused) as caught:
        event(**fields)
    return caught.value


def iso(moment: datetime) -> str:
    return moment.isoformat()


def test_without_a_time_it_happened_when_it_was_received() -> None:
    assert event().time == event().received_at == microseconds(NOW)


def test_the_clock_of_the_client_is_corrected() -> None:
    happened, sent = NOW - timedelta(hours=3, seconds=5), NOW - timedelta(hours=3)

    found = event(originalTimestamp=iso(happened), timestamp=iso(happened), sentAt=iso(sent))

    assert found.time == microseconds(NOW - timedelta(seconds=5))


@pytest.mark.parametrize("ahead", [timedelta(hours=24, microseconds=1), timedelta(days=4000)])
def test_over_a_day_ahead_it_happened_when_it_was_received(ahead) -> None:
    assert event(timestamp=iso(NOW + ahead)).time == microseconds(NOW)


def test_a_day_ahead_is_believed() -> None:
    assert event(timestamp=iso(NOW + timedelta(hours=24))).time == microseconds(NOW + timedelta(hours=24))


@pytest.mark.parametrize(
    "given",
    ["2026-03-01T12:00:00Z", "2026-03-01T13:00:00+01:00", "2026-03-01T12:00:00", 1772366400, 1772366400000.0],
)
def test_a_time_may_be_written_in_several_ways(given) -> None:
    assert event(timestamp=given).time == microseconds(datetime(2026, 3, 1, 12, tzinfo=UTC))


def test_a_server_may_send_what_is_years_old() -> None:
    assert event(timestamp="1999-12-31T00:00:00Z").time == microseconds(datetime(1999, 12, 31, tzinfo=UTC))


def test_a_browser_may_be_five_days_late_and_no_more() -> None:
    browser = {"library": {"name": "analytics.js"}}
    kept = event(context=browser, timestamp=iso(NOW - timedelta(days=5)))

    assert kept.time == microseconds(NOW - timedelta(days=5))
    late = refusal(context=browser, timestamp=iso(NOW - timedelta(days=5, microseconds=1)))
    assert late.drop is DropReason.TOO_OLD


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"type": "trace"}, "type"),
        ({"type": ["track"]}, "type"),
        ({"event": ""}, "event"),
        ({"event": 5}, "event"),
        ({"event": "x" * 201}, "event"),
        ({"userId": None}, "userId"),
        ({"userId": "  "}, "userId"),
        ({"userId": True}, "userId"),
        ({"userId": ["u"]}, "userId"),
        ({"userId": "x" * 256}, "userId"),
        ({"userId": 10**30}, "userId"),
        ({"userId": float("nan")}, "userId"),
        ({"messageId": {}}, "messageId"),
        ({"timestamp": "yesterday"}, "timestamp"),
        ({"timestamp": "1969-12-31T23:59:59Z"}, "timestamp"),
        ({"timestamp": 1e300}, "timestamp"),
        ({"timestamp": "0001-01-01T00:00:00+14:00"}, "timestamp"),
        ({"sentAt": {}}, "sentAt"),
        ({"properties": []}, "properties"),
        ({"properties": {f"p{n}": n for n in range(256)}}, "properties"),
        ({"properties": {"x" * 201: 1}}, "properties"),
        ({"properties": {"": 1}}, "properties"),
        ({"properties": {"a": [[[[[[[[1]]]]]]]]}}, "properties"),
        ({"context": "x"}, "context"),
        ({"context": {"page": 1}}, "context.page"),
        ({"type": "group"}, "groupId"),
        ({"type": "alias"}, "previousId"),
        ({"type": "alias", "userId": None, "anonymousId": "a", "previousId": "b"}, "userId"),
        ({"type": "identify", "traits": 3}, "traits"),
    ],
)
def test_what_is_malformed_is_refused_by_field(fields, field) -> None:
    found = refusal(**fields)

    assert (found.field, found.drop) == (field, DropReason.INVALID)
    assert found.reason.endswith(".")


@pytest.mark.parametrize(("given", "text"), [(42, "42"), (42.0, "42"), (1.5, "1.5"), (" a ", "a"), ("ü", "ü")])
def test_an_id_is_text(given, text) -> None:
    assert event(userId=given).user_id == text


def test_a_message_without_an_id_gets_its_own() -> None:
    assert event().message_id != event().message_id


def test_what_cannot_be_stored_is_replaced() -> None:
    found = event(
        event="a\x00b", userId="u\ud800", properties={"k\x00": "v\udfff", "n": [10**40, 2**63, float("inf")]}
    )

    assert (found.name, found.user_id) == ("a\ufffdb", "u\ufffd")
    assert json.loads(found.properties) == {"k\ufffd": "v\ufffd", "n": [1e40, float(2**63), None]}


def test_the_address_is_not_stored() -> None:
    client = ClientInfo(address="203.0.113.9", user_agent=FIREFOX)
    found = event(client, context={"ip": "203.0.113.9", "screen": {"width": 800}})

    assert "203.0.113.9" not in str(found)
    assert json.loads(found.context) == {"screen": {"width": 800}}


def test_the_request_fills_what_the_call_does_not_say() -> None:
    found = event(ClientInfo(user_agent=FIREFOX, country="nz", language="en-NZ"))

    assert (found.browser, found.os, found.device, found.country, found.language) == (
        "Firefox", "Linux", "Desktop", "NZ", "en-NZ",
    )  # fmt: skip


def test_a_page_of_a_page_call_is_in_its_properties() -> None:
    page = {
        "url": "https://www.Shop.test:8080/a/b?utm_source=hn&gclid=1#c",
        "referrer": "https://t.co/x",
        "title": "A",
    }
    found = event(type="page", name="Home", category="Docs", properties=page)

    assert (found.name, found.host, found.path, found.title) == ("page", "www.shop.test", "/a/b", "A")
    assert (found.source, found.channel, found.utm_source) == ("Hacker News", "Paid", "hn")
    assert json.loads(found.properties) == {"name": "Home", "category": "Docs", **page}


def test_an_address_among_the_properties_of_a_track_is_not_where_it_happened() -> None:
    context = {"page": {"path": "/cart", "search": "?utm_medium=email"}, "campaign": {"name": "spring"}}
    found = event(properties={"url": "https://image.test/x.png"}, context=context)

    assert (found.url, found.path, found.channel) == ("", "/cart", "Email")
    assert (found.utm_medium, found.utm_campaign) == ("email", "spring")


def test_a_screen_is_where_its_name_says() -> None:
    assert event(type="screen", name="Start").path == "Start"


@pytest.mark.parametrize(
    ("trusted", "address", "country"),
    [(0, "10.0.0.1", ""), (1, "5.6.7.8", "CH"), (2, "1.2.3.4", "CH"), (9, "1.2.3.4", "CH")],
)
def test_only_trusted_proxies_are_believed(trusted, address, country) -> None:
    headers = {"x-forwarded-for": "1.2.3.4, 5.6.7.8", "cf-ipcountry": "CH", "user-agent": "curl/8"}
    found = client_info(headers=headers, peer="10.0.0.1", trusted_proxies=trusted)

    assert (found.address, found.country, found.user_agent) == (address, country, "")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
FIELDS = st.sampled_from(
    [
        "type", "event", "name", "category", "userId", "anonymousId", "groupId", "previousId", "messageId",
        "timestamp", "originalTimestamp", "sentAt", "properties", "traits", "context",
    ]
)  # fmt: skip
CONTEXT = st.dictionaries(
    st.sampled_from(["page", "campaign", "userAgent", "timezone", "locale", "library", "os", "ip", "groupId"]),
    JSON,
)


@given(st.dictionaries(FIELDS, JSON), CONTEXT, JSON)
def test_whatever_is_sent_becomes_a_storable_event_or_a_refusal(fields, context, page) -> None:
    call = cast("RawCall", {"type": "page", "userId": "u", "context": {"page": page, **context}, **fields})
    with contextlib.suppress(Refused):
        found = normalize(call, now=NOW, source=ClientInfo())
        assert payloads.unpack(payloads.pack([found])) == [found]
        assert "\x00" not in str(found)
        assert json.loads(found.properties) is not None
        assert found.time >= 0
