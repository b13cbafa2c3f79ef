"""Whatever is sent to a door is answered in words, never with a server's error."""

import base64
import gzip
import json
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.errors import PlumblineError
from analytics.contracts import Event, Rejection
from analytics.ingestion.calls import Call, RawCall
from analytics.ingestion.client import ClientInfo
from analytics.ingestion.normalize import Refused, normalize
from analytics.ingestion.protocols import PROTOCOLS, wire
from tests.factories import WriteKeyFactory

KEY = "plw_rubbish"
NOW = datetime(2026, 3, 1, tzinfo=UTC)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
FIELDS = (
    # Segment's and our own
    "type", "event", "userId", "user_id", "anonymousId", "messageId", "timestamp", "sentAt", "properties",
    "traits", "context", "batch", "events", "writeKey", "project_id", "url",
    # PostHog's
    "uuid", "distinct_id", "offset", "sent_at", "historical_migration", "$set", "$set_once", "options", "api_key",
    # Plausible's
    "name", "domain", "referrer", "props", "revenue", "interactive", "n", "d", "u", "r", "p", "m", "i", "w", "v",
    "sd", "e", "$",
    # Umami's
    "payload", "website", "hostname", "title", "language", "screen", "tag", "data", "id", "ip", "userAgent", "lcp",
)  # fmt: skip
PROPERTIES = (
    "$set", "$set_once", "$unset", "$groups", "$group_type", "$group_key", "$group_set", "$current_url",
    "$pathname",
    "$referrer", "$lib", "$raw_user_agent", "$ip", "$timezone", "$os", "$time", "$timestamp", "alias", "token",
    "$anon_distinct_id", "$is_identified", "$process_person_profile", "$is_server", "$screen_name", "distinct_id",
)  # fmt: skip
NAMES = ("$pageview", "$screen", "$identify", "$set", "$create_alias", "$groupidentify", "$pageleave", "x")
# What makes rubbish in one place reach the code that reads it.
GOOD = {
    "type": "track",
    "event": "x",
    "userId": "u",
    "user_id": "u",
    "distinct_id": "u",
    "name": "pageview",
    "domain": "d",
    "url": "u",
}
CALLS = st.dictionaries(st.sampled_from(FIELDS), JSON)
EVENTS = st.builds(
    lambda name, properties, call: {**GOOD, "event": name, "properties": properties, **call},
    st.sampled_from(NAMES),
    st.dictionaries(st.sampled_from(PROPERTIES), JSON),
    CALLS,
)
ITEMS = st.builds(
    lambda kind, payload, item: {"type": kind, "payload": {"website": "w", **payload}, **item},
    st.sampled_from(["event", "identify", "performance"]),
    CALLS,
    st.dictionaries(st.sampled_from(["type", "payload"]), JSON, max_size=1),
)
BODIES = st.one_of(
    st.binary(),
    st.binary().map(base64.b64encode),
    st.binary().map(lambda body: b"data=" + body),
    EVENTS.map(lambda event: json.dumps(event).encode()),
    EVENTS.map(lambda event: b"data=" + quote(base64.b64encode(json.dumps(event).encode())).encode()),
    st.lists(CALLS | EVENTS | JSON, max_size=3).map(
        lambda calls: json.dumps({"batch": calls, "events": calls}).encode()
    ),
    ITEMS.map(lambda item: json.dumps(item).encode()),
    st.lists(EVENTS | ITEMS | JSON, max_size=3).map(lambda calls: json.dumps(calls).encode()),
    st.builds(lambda depth: b'{"batch":' + b"[" * depth + b"]" * depth + b"}", st.integers(1, 5000)),
    st.builds(
        lambda depth: b'{"properties":' + b'{"a":' * depth + b"1" + b"}" * depth + b"}", st.integers(1, 5000)
    ),
    st.builds(lambda digits: b'{"offset":' + b"9" * digits + b"}", st.integers(1, 6000)),
)
QUERIES = st.sampled_from(["", "compression=gzip-js", "compression=base64", "data=e30=&_=1", "_=1795379289396"])


def read(protocol: wire.Protocol, request: wire.Request) -> wire.Reply:
    """What the protocol answers if everything that is good is stored, without a server around it."""
    try:
        found = protocol.parse(request)
        if isinstance(found, wire.Reply):
            return found
        results = tuple(judged(call, index) for index, call in enumerate(found.calls))
        return protocol.render(request, wire.Outcome(results))
    except PlumblineError as error:
        return protocol.refuse(error)


def judged(call: RawCall | Call | Rejection, index: int) -> wire.Result:
    if isinstance(call, Rejection):
        return call
    try:
        event = normalize(call, now=NOW, source=ClientInfo())
    except Refused as refusal:
        return Rejection(index, refusal.reason, refusal.field, refusal.drop)
    assert isinstance(event, Event)
    return wire.Stored(index, event.message_id)


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda protocol: protocol.__name__.rpartition(".")[2])
@settings(deadline=None, max_examples=150)
@given(data=st.data(), body=BODIES, packed=st.booleans(), query=QUERIES)
def test_rubbish_is_read_or_refused(protocol, data, body, packed, query) -> None:
    request = wire.Request(
        path=data.draw(st.sampled_from(sorted(protocol.PATHS))),
        headers={"content-encoding": data.draw(st.sampled_from(["", "gzip", "br"]))},
        body=gzip.compress(body, mtime=0) if packed else body,
        query=query,
    )

    reply = read(protocol, request)

    assert reply.status < 500
    assert reply.body


@pytest.fixture
def write_key(project):
    return WriteKeyFactory(project=project, text=KEY)


@pytest.mark.parametrize("address", ["/v1/batch", "/api/v1/events/", "/e/", "/engage/"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=25)
@given(body=BODIES, packed=st.booleans(), encoding=st.sampled_from(["", "gzip", "br"]))
def test_rubbish_is_answered(client, write_key, address, body, packed, encoding) -> None:
    response = client.post(
        address,
        data=gzip.compress(body, mtime=0) if packed else body,
        content_type="application/json",
        headers={"Authorization": f"Basic {base64.b64encode(f'{KEY}:'.encode()).decode()}"}
        | {"Content-Encoding": encoding},
    )

    # Where the key stands in the body, rubbish is no key.
    assert response.status_code in {200, 400, 401}
    assert response.json()
