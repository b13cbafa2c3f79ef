"""The quick way of reading Segment's calls has the outcome of the slow one, whatever is sent."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from accounts.errors import PlumblineError
from analytics.contracts import Event, Rejection
from analytics.ingestion import normalize
from analytics.ingestion.calls import Call
from analytics.ingestion.client import ClientInfo
from analytics.ingestion.judging import judge
from analytics.ingestion.options import Options
from analytics.ingestion.protocols import segment, segment_quick
from analytics.ingestion.protocols.wire import Request

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
HEADERS = {"authorization": "Basic " + base64.b64encode(b"plw_x:").decode()}
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
SOURCES = (ClientInfo(), ClientInfo("203.0.113.7", FIREFOX, "CH", "de-CH"), ClientInfo("10.0.0.1", "", "DE", ""))
OPTIONS = (Options(), Options(keep_addresses=True, browser_window=None))

LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([2**53, 2**63 - 1, 2**63, -(2**63) - 1, 2**64, 10**19, 1234567890123456789, 10**30]),
    st.floats(),
    st.sampled_from([1e15, 1e16, 1e22, 0.0001, 1e-5, -0.0]),
    st.text(),
    st.sampled_from(["", " ", "u1", " padded ", "a\x00b", "\ud800", "\udfff x", "é", "x" * 300,
                     "2026-03-01T12:00:00Z", "2026-03-04T11:59:59.5+01:00", "Europe/Zurich", "Asia/Calcutta",
                     "analytics.js", FIREFOX, GOOGLEBOT, "https://www.shop.test/a?utm_source=hn&gclid=1#c", "https://t.co/x",
                     "track", "page"]),
)  # fmt: skip
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)


def objects(*names: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(st.sampled_from(names), JSON, max_size=6)


CONTEXTS = st.one_of(
    JSON,
    st.builds(
        lambda parts, page, campaign: {**parts, "page": page, "campaign": campaign},
        objects(
            "ip", "userAgent", "userAgentData", "timezone", "locale", "library", "os", "groupId", "screen", "page"
        ),
        JSON | objects("url", "referrer", "search", "path", "title", "other"),
        JSON | objects("source", "medium", "name", "term", "content"),
    ),
    st.fixed_dictionaries({"library": st.fixed_dictionaries({"name": LEAVES})}),
)
FIELDS = ("type", "event", "name", "category", "userId", "anonymousId", "groupId", "previousId", "messageId",
          "timestamp", "originalTimestamp", "sentAt", "properties", "traits", "context", "integrations", "channel",
          "unknown", "writeKey")  # fmt: skip
CALLS = st.one_of(
    st.builds(
        lambda kind, fields, properties, context: {
            "type": kind,
            "event": "Paid",
            "userId": "u1",
            "properties": properties,
            "context": context,
            **fields,
        },
        st.sampled_from(["track", "page", "screen", "identify", "group", "alias", "other"]),
        st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=3),
        JSON | objects("price", "plan", "name", "url", "path", "nested"),
        CONTEXTS,
    ),
    JSON,
)
BATCHES = st.builds(
    lambda calls, envelope: {"batch": calls, **envelope},
    st.lists(CALLS, max_size=4) | JSON,
    st.fixed_dictionaries({}, optional=dict.fromkeys(("context", "sentAt", "writeKey", "x"), CONTEXTS)),
)
TEXTS = st.builds(
    lambda value, ascii_only, spaced: json.dumps(
        value, ensure_ascii=ascii_only, separators=(", ", " : ") if spaced else (",", ":")
    ).encode(errors="surrogatepass"),
    BATCHES | CALLS,
    st.booleans(),
    st.booleans(),
)
# What no serializer writes: a byte changed or left out, a number that no float holds, a key that comes twice.
BROKEN = st.builds(
    lambda text, place, piece, length: (
        text[: place % (len(text) + 1)] + piece + text[place % (len(text) + 1) + length :]
    ),
    TEXTS,
    st.integers(0, 10**6),
    st.sampled_from([b"", b"\x00", b"\n", b"\xff", b"\xed\xa0\x80", b"\\ud800", b"\\u12", b"1e999", b"NaN",
                     b"[" * 150, b"]", b'"', b",", b'"batch":[],', b'"context":{},', b"01", b"-", b"tru"]),
    st.integers(0, 3),
)  # fmt: skip


def outcome(path: str, body: bytes, source: ClientInfo, options: Options) -> object:
    """What a body comes to, with one message id for all that have none."""
    request = Request(path=path, headers=HEADERS, body=body)
    try:
        submission = segment.parse(request)
    except PlumblineError as error:
        return type(error), error.fields
    return submission.key, judge(submission.calls, now=NOW, client=source, options=options)


def both(path: str, body: bytes, source: ClientInfo, options: Options) -> tuple[object, object]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(normalize, "new_uuid", lambda: "one")
        quick = outcome(path, body, source, options)
        patch.setattr(segment_quick, "batch", lambda _: None)
        patch.setattr(segment_quick, "single", lambda *_: None)
        return quick, outcome(path, body, source, options)


@settings(max_examples=400, deadline=None)
@given(
    path=st.sampled_from(["/v1/batch", "/v1/track", "/v1/page", "/v1/identify"]),
    body=TEXTS | BROKEN,
    source=st.sampled_from(SOURCES),
    options=st.sampled_from(OPTIONS),
)
@example("/v1/batch", b'{"batch": [{"type": "track", "event": "x", "userId": "u", "context": {"a": 1e999}}]}',
         SOURCES[0], OPTIONS[0])  # fmt: skip
@example("/v1/batch", b'{"batch": [{"type": "track", "event": "x", "userId": "u", "context": "\\uZZZZ"}]}',
         SOURCES[0], OPTIONS[0])  # fmt: skip
@example("/v1/batch", b'{"batch": [{"type": "page", "userId": 1234567890123456789}], "sentAt": NaN}',
         SOURCES[0], OPTIONS[0])  # fmt: skip
def test_both_ways_have_one_outcome(path, body, source, options) -> None:
    quick, slow = both(path, body, source, options)

    assert quick == slow


def test_what_libraries_send_takes_the_quick_way() -> None:
    calls = [
        {"type": "track", "event": "Paid", "userId": "u", "messageId": "m", "integrations": {},
         "channel": "server", "properties": {"price": 9.5, "items": [{"sku": "a"}]},
         "timestamp": "2026-03-04T11:00:00Z", "context": {"library": {"name": "analytics-python"}}},
        {"type": "page", "anonymousId": "a", "name": "Home", "_metadata": {},
         "properties": {"url": "https://shop.test/"}},
    ]  # fmt: skip
    body = json.dumps({"batch": calls, "sentAt": "2026-03-04T11:00:01Z", "context": {"locale": "de"}}).encode()
    found = segment.parse(Request(path="/v1/batch", headers=HEADERS, body=body))

    assert [type(call) for call in found.calls] == [Call, Call]
    judged = judge(found.calls, now=NOW, client=SOURCES[0], options=OPTIONS[0])
    assert [(event.name, event.language) for event in judged if isinstance(event, Event)] == [
        ("Paid", "de"),
        ("page", "de"),
    ]


def test_an_event_that_is_unusual_does_not_slow_the_others() -> None:
    usual = {"type": "track", "event": "Paid", "userId": "u"}
    batch = [usual, {**usual, "unheard": 1}, 5, usual]
    found = segment.parse(Request(path="/v1/batch", headers=HEADERS, body=json.dumps({"batch": batch}).encode()))

    assert [type(call) for call in found.calls] == [Call, dict, Rejection, Call]
