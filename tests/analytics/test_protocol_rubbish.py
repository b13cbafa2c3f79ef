"""Whatever is sent to a door is answered in words, never with a server's error."""

import gzip
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories import WriteKeyFactory

KEY = "plw_rubbish"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
CALLS = st.dictionaries(
    st.sampled_from(
        ["type", "event", "userId", "user_id", "anonymousId", "messageId", "timestamp", "sentAt", "properties",
         "traits", "context", "batch", "events", "writeKey", "project_id", "url"]
    ),
    JSON,
)  # fmt: skip
GOOD = {"type": "track", "event": "x", "userId": "u", "user_id": "u"}
BODIES = st.one_of(
    st.binary(),
    CALLS.map(lambda call: json.dumps({**GOOD, **call}).encode()),
    st.lists(CALLS, max_size=3).map(lambda calls: json.dumps({"batch": calls, "events": calls}).encode()),
    st.builds(lambda depth: b'{"batch":' + b"[" * depth + b"]" * depth + b"}", st.integers(1, 5000)),
    st.builds(
        lambda depth: b'{"properties":' + b'{"a":' * depth + b"1" + b"}" * depth + b"}", st.integers(1, 5000)
    ),
    st.builds(lambda digits: b'{"userId":' + b"9" * digits + b"}", st.integers(1, 6000)),
)


@pytest.fixture
def write_key(project):
    return WriteKeyFactory(project=project, text=KEY)


@pytest.mark.parametrize("address", ["/v1/track", "/v1/batch", "/api/v1/events/"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(body=BODIES, packed=st.booleans(), encoding=st.sampled_from(["", "gzip", "br"]))
def test_rubbish_is_answered(client, write_key, address, body, packed, encoding) -> None:
    response = client.post(
        address,
        data=gzip.compress(body) if packed else body,
        content_type="application/json",
        headers={"Authorization": f"Bearer {KEY}" if "api" in address else "Basic cGx3X3J1YmJpc2g6"}
        | {"Content-Encoding": encoding},
    )

    assert response.status_code in {200, 400}
    assert response.json()
