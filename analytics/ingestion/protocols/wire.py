"""What every wire protocol shares: its shape, bounded bodies, tolerant JSON, keys in headers.

A protocol is a module with what `Protocol` names. `parse` reads a request into a submission, or answers it at once
where it sends no events; the service judges and keeps the events; `render` says so as the protocol's clients
expect, and `refuse` says what was wrong with the request as a whole.
"""

import base64
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any
from typing import Protocol as Shape

import msgspec

from accounts.errors import FieldError, Invalid, PlumblineError, TooLarge
from accounts.idempotency import Once
from analytics.contracts import DropReason, Rejection
from analytics.ingestion import loose_json
from analytics.ingestion.calls import Call, RawCall

MAX_BODY = 500 * 1024
MAX_EVENT = 32 * 1024
# An event of this size, as it came or was written otherwise, is not over the limit: 1e15 grows, to sixteen digits.
SMALL_EVENT = 7_000

_LONGEST_SITE = 253
_GZIP = b"\x1f\x8b"
_GZIP_WINDOW = 31

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request as a protocol reads it.

    `path` is without its last slash, `query` as sent, header names are in lower case.
    """

    path: str
    headers: Mapping[str, str]
    body: bytes
    query: str = ""
    method: str = "POST"


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer; the door adds what lets any web page read it."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})


@dataclass(frozen=True, slots=True)
class Submission:
    """One request, read: who sends, and what, in order. A call that cannot be read stands as its rejection.

    `key` is empty if none was sent. The rest is what the protocol allows: where `allows_secret_key`, the key may
    be one, and `project_id` says whose events; where `allows_nameless`, a call without an id is its visitor's of
    the day; where `answers_each`, the client is told which events were there already. What is `historical` may
    be of any age, and is not shown live. What comes again with the same `once` gets the same answer.
    """

    key: str
    calls: Sequence[RawCall | Call | Rejection]
    allows_secret_key: bool = False
    allows_nameless: bool = False
    answers_each: bool = False
    project_id: int | None = None
    historical: bool = False
    once: Once | None = None


class Stored(msgspec.Struct, frozen=True, gc=False):
    """One event of a request that is on disk; `by` is the user id that it came with, else the anonymous id."""

    index: int
    message_id: str
    by: str = ""


class Duplicate(msgspec.Struct, frozen=True, gc=False):
    """One event of a request that is there already."""

    index: int
    message_id: str


Result = Stored | Duplicate | Rejection


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of each event of a request, in its order."""

    results: tuple[Result, ...]

    @property
    def invalid(self) -> tuple[Rejection, ...]:
        """The events that are malformed, as opposed to unwanted."""
        found = (result for result in self.results if isinstance(result, Rejection))
        return tuple(result for result in found if result.drop is DropReason.INVALID)

    @property
    def is_all_invalid(self) -> bool:
        return bool(self.results) and len(self.invalid) == len(self.results)


class Protocol(Shape):
    """One module of this package. `PATHS` are those it answers, without their last slash, to `METHODS`.

    `LIMIT` is the largest body in bytes, as sent and as unpacked.
    """

    PATHS: frozenset[str]
    METHODS: frozenset[str]
    LIMIT: int

    def parse(self, request: Request) -> Submission | Reply:
        """Raises Invalid or TooLarge for the request as a whole."""

    def render(self, request: Request, outcome: Outcome) -> Reply:
        """The answer once the events that are kept are on disk. May raise Invalid where none was."""

    def refuse(self, error: PlumblineError) -> Reply:
        """The answer to a request that was refused as a whole."""


def json_reply(body: object, status: int = 200, headers: Mapping[str, str] = MappingProxyType({})) -> Reply:
    return Reply(status, _encode(body), {"Content-Type": "application/json", **headers})


def refuse(error: PlumblineError) -> Reply:
    """The envelope of all of our errors."""
    headers = dict(error.headers)
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return json_reply(error.body, error.status, headers)


def decoded(request: Request, limit: int) -> bytes:
    """The body without its compression, never more than `limit` bytes of it.

    Raises TooLarge over that, Invalid for broken gzip or another encoding.
    """
    body = request.body
    encoding = request.headers.get("content-encoding", "").strip().lower()
    if encoding not in {"", "identity", "gzip"}:
        raise Invalid(f"Content-Encoding '{encoding}' is not understood; send gzip or none.")
    # Some clients compress without saying so; JSON never begins with these bytes.
    if encoding == "gzip" or body.startswith(_GZIP):
        body = _gunzip(body, limit)
    if len(body) > limit:
        raise too_large(limit)
    return body


def too_large(limit: int) -> TooLarge:
    return TooLarge(f"The body is larger than {limit // 1024} KB.")


def _gunzip(body: bytes, limit: int) -> bytes:
    reader = zlib.decompressobj(_GZIP_WINDOW)
    try:
        # One byte more than allowed tells a body that is too large from one that just fits.
        found = reader.decompress(body, limit + 1)
    except zlib.error as error:
        raise Invalid("The body is not valid gzip.") from error
    if len(found) <= limit and not reader.eof:
        raise Invalid("The gzip body is cut off.")
    return found


def parse_json(body: bytes) -> Any:
    """The JSON of a body. NaN and Infinity, which some libraries send, become null. Raises Invalid."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return _parse_tolerantly(body)


def _parse_tolerantly(body: bytes) -> Any:
    try:
        return loose_json.parse(body)
    except (ValueError, RecursionError) as error:
        raise Invalid(f"The body is not valid JSON: {error}") from error


def parse_object(body: bytes) -> dict[str, Any]:
    """The JSON object of a body. Raises Invalid for anything else."""
    found = parse_json(body)
    if not isinstance(found, dict):
        raise Invalid("The body must be a JSON object.", fields=[FieldError("body", "Must be a JSON object.")])
    return found


def list_of(value: object, name: str) -> list[Any]:
    """The list of calls in a body. Raises Invalid for anything else."""
    if not isinstance(value, list):
        raise Invalid(f"{name} must be a list of events.", fields=[FieldError(name, "Must be a list of events.")])
    return value


def reject_malformed(value: object, index: int) -> Rejection | None:
    """What is wrong with a call before it is read: no object, or too large."""
    if not isinstance(value, dict):
        return Rejection(index, "An event must be a JSON object.")
    if _is_surely_small(value):
        return None
    try:
        size = len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(errors="replace"))
    except (RecursionError, ValueError):
        return Rejection(index, "The event is nested too deep, or holds a number that is too large.")
    if size > MAX_EVENT:
        return Rejection(index, f"The event is larger than {MAX_EVENT // 1024} KB.")
    return None


def _is_surely_small(value: object) -> bool:
    """Whether the size need not be looked at closely, as for almost every event."""
    try:
        return len(_encode(value)) <= SMALL_EVENT
    except (msgspec.EncodeError, UnicodeError, OverflowError, RecursionError, TypeError):
        return False


def basic_user(headers: Mapping[str, str]) -> str:
    """The user of HTTP Basic, where Segment's clients put the write key; empty if there is none."""
    text = _credentials(headers, "basic")
    try:
        return base64.b64decode(text, validate=True).decode().partition(":")[0]
    except ValueError:  # no base64, no ASCII, no UTF-8
        return ""


def bearer(headers: Mapping[str, str]) -> str:
    """The token of `Authorization: Bearer`; empty if there is none."""
    return _credentials(headers, "bearer")


def _credentials(headers: Mapping[str, str], wanted: str) -> str:
    scheme, _, rest = headers.get("authorization", "").partition(" ")
    return rest.strip() if scheme.lower() == wanted else ""


def key_text(value: object) -> str:
    """A key out of a body; anything but encodable text is no key."""
    return value if isinstance(value, str) and value.isascii() else ""


def site_text(value: object) -> str:
    """The name of a site out of a body, or a write key in its place; empty for what cannot be one."""
    text = value.strip() if isinstance(value, str) else ""
    return text if text.isprintable() and len(text) <= _LONGEST_SITE else ""
