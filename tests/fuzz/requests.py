"""Requests that no client should send, for every address of every wire protocol."""

import gzip
import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from analytics.ingestion.protocols import BY_PATH
from tests.analytics.test_protocol_rubbish import BODIES, CALLS, EVENTS, FIELDS, ITEMS, JSON, PROPERTIES, QUERIES

DEPTH = 100_000
DIGITS = 20_000
# Values that are the wrong type, or the right one at its edge.
EDGES: st.SearchStrategy[Any] = st.sampled_from([
    None, True, False, 0, -1, 2**53, 2**63, -(2**63) - 1, 10**400, 1e308, -0.0, "", " ", "\x00",
    "\ud800", "\u202e", "NaN", "\\u0000",
    "9" * 400, "x" * 40_000, [], [[]], {}, {"": {}}, [None] * 50, {"a": {"b": {"c": []}}}, "2026-13-45T99:99:99Z",
    "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z", "1e400", -62135596800001, 253402300800000,
])  # fmt: skip
CONTENT_TYPES = (
    "application/json", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "",
    "application/json; charset=utf-16", "application/json; charset=nonsense", "application/octet-stream", "\xff",
)  # fmt: skip
ENCODINGS = ("", "gzip", "br", "deflate", "gzip, gzip", "identity", "zstd", "GZIP", "\xff")
HEADER_NAMES = (
    "user-agent", "referer", "x-forwarded-for", "x-forwarded-proto", "origin", "idempotency-key", "x-request-id",
    "authorization", "content-length", "cf-ipcountry", "sec-gpc", "dnt", "posthog-sdk-info", "x-umami-cache",
    "accept-language", "host", "cookie", "transfer-encoding",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: its body in the pieces that arrive, and whether the client hangs up before the last."""

    method: str
    path: str
    query: bytes
    headers: list[tuple[bytes, bytes]]
    pieces: list[bytes] = field(repr=False)
    hangs_up: bool = False


def _encoded(value: object) -> bytes:
    """As JSON, with what is no Unicode written as it comes."""
    return json.dumps(value, allow_nan=True, ensure_ascii=True).encode()


def _one_wrong(good: dict[str, object], name: str, value: object) -> bytes:
    return _encoded({**good, name: value})


# A request that is right but for one field.
GOOD = st.sampled_from([
    {"type": "track", "event": "x", "userId": "u", "messageId": "m"},
    {"event": "x", "user_id": "u"},
    {"api_key": "plw_fuzz", "event": "x", "distinct_id": "u", "uuid": "m"},
    {"name": "pageview", "domain": "shop.test", "url": "https://shop.test/"},
    {"type": "event", "payload": {"website": "w", "hostname": "shop.test", "url": "/"}},
])  # fmt: skip
ALMOST = st.builds(_one_wrong, GOOD, st.sampled_from(FIELDS), EDGES | JSON)
NESTED = st.builds(
    lambda good, name, value: _encoded({**good, "properties": {name: value}, "payload": {name: value}}),
    GOOD,
    st.sampled_from((*FIELDS, *PROPERTIES)),
    EDGES | JSON,
)
BATCHES = st.builds(
    lambda name, calls: _encoded({name: calls, "api_key": "plw_fuzz", "write_key": "plw_fuzz"}),
    st.sampled_from(["batch", "events"]),
    st.lists(CALLS | EVENTS | ITEMS | EDGES, max_size=6) | EDGES,
)
HUGE = st.sampled_from([
    b"[" * DEPTH, b'{"a":' * DEPTH, b'{"batch":' + b"[" * DEPTH + b"]" * DEPTH + b"}", b"9" * DIGITS,
    b'{"event":"x","userId":"u","properties":{"n":' + b"9" * DIGITS + b"}}",
    b'{"event":"x","userId":"u","properties":{"n":1e' + b"9" * 300 + b"}}",
    b'{"event":"\xff\xfe","userId":"\xc0\x80"}', b"\xef\xbb\xbf{}", b"\x00" * 100, b'"\\ud800"', b"",
    b'{"event":"x","userId":"u","userId":"v","userId":[]}', gzip.compress(bytes(30 * 2**20)),
])  # fmt: skip
TEXTS = st.one_of(BODIES, ALMOST, NESTED, BATCHES, HUGE, st.binary(max_size=300))


def _whole(body: bytes) -> bytes:
    return body


PACKERS: dict[str, Callable[[bytes], bytes]] = {"plain": _whole, "gzip": gzip.compress, "zlib": zlib.compress}


def _packed(body: bytes, how: str, cut: int) -> bytes:
    packed = PACKERS[how](body)
    return packed[: max(0, len(packed) - cut)]


PACKED = st.builds(
    _packed, TEXTS, st.sampled_from(["plain", "plain", "gzip", "zlib"]), st.sampled_from([0, 0, 0, 1, 8, 40])
)
HEADER_VALUES = st.one_of(
    st.sampled_from(
        [b"", b"Bearer plw_fuzz", b"Basic cGx3X2Z1eno6", b"Basic \xff", b"Bearer " + b"x" * 5000, b"-1"]
    ),
    st.sampled_from(
        [b"1.2.3.4, 5.6.7.8", b"[::1", b"999.1.1.1", b"99999999999999999999", b"T1", b"chunked", b"*"]
    ),
    st.binary(max_size=40).map(lambda text: text.replace(b"\r", b"").replace(b"\n", b"")),
)
HEADERS = st.lists(st.tuples(st.sampled_from([name.encode() for name in HEADER_NAMES]), HEADER_VALUES), max_size=4)


def _pieces(body: bytes, count: int) -> list[bytes]:
    size = max(1, -(-len(body) // count))
    return [body[start : start + size] for start in range(0, len(body), size)] or [b""]


def _asked(
    method: str,
    path: str,
    slash: str,
    query: str,
    kinds: tuple[str, str],
    headers: list[tuple[bytes, bytes]],
    pieces: list[bytes],
    with_key: bool,
    hangs_up: bool,
) -> Asked:
    own = [(b"content-type", kinds[0].encode("latin-1")), (b"content-encoding", kinds[1].encode("latin-1"))]
    if with_key:
        own.append((b"authorization", b"Basic cGx3X2Z1eno6"))
    return Asked(method, path + slash, query.encode(), [*own, *headers], pieces, hangs_up)


REQUESTS = st.builds(
    _asked,
    st.sampled_from(["POST"] * 12 + ["GET", "PUT", "OPTIONS", "HEAD", "x"]),
    st.sampled_from(sorted(BY_PATH)),
    st.sampled_from(["", "/"]),
    QUERIES | st.text(max_size=30),
    st.tuples(st.sampled_from(CONTENT_TYPES), st.sampled_from(ENCODINGS)),
    HEADERS,
    st.builds(_pieces, PACKED, st.integers(1, 4)),
    st.sampled_from([True, True, True, False]),
    st.sampled_from([False] * 20 + [True]),
)
