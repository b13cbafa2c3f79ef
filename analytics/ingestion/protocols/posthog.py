"""PostHog's capture API, as its libraries speak it (https://posthog.com/docs/api/capture).

`POST /capture`, `/e`, `/track`, `/i/v0/e` take one event, a list, or `{"batch": […]}`; `/batch` the last;
`/engage` traits of a person; `/i/v1/analytics/events` answers for each event. The write key is `api_key` or
`token` in the body, `properties.token` of the first event, or a bearer's. A body is JSON, plain, gzipped, or
base64 in a form's `data`. `/decide`, `/flags` and `/array/KEY/config` say that there is nothing to start but
sending.

Like Segment's, the older doors answer with success where some events of a batch are refused; those are counted.
"""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs

from accounts.errors import FieldError, Invalid, PlumblineError
from analytics.contracts import Rejection
from analytics.ingestion.protocols import posthog_calls, posthog_start, wire

EACH = "/i/v1/analytics/events"
ENGAGE = "/engage"
_BATCHES = frozenset({"/batch", "/i/v0/ai/batch", EACH})
_NEWER = "/i/"
PATHS = frozenset({"/capture", "/e", "/track", "/i/v0/e", ENGAGE, *_BATCHES, *posthog_start.FLAGS})
METHODS = frozenset({"GET", "POST"})
LIMIT = 20 * 1024 * 1024

# How our refusals name what PostHog names otherwise.
_NAMES = {
    "userId": "distinct_id",
    "anonymousId": "distinct_id",
    "previousId": "distinct_id",
    "messageId": "uuid",
    "sentAt": "sent_at",
    "originalTimestamp": "timestamp",
    "traits": "$set",
}
_OURS = re.compile(rf"\b({'|'.join(_NAMES)})\b")


def parse(request: wire.Request) -> wire.Submission | wire.Reply:
    """The events of a request. Raises Invalid or TooLarge for the body as a whole."""
    if request.path in posthog_start.FLAGS:
        return posthog_start.flags()
    if (settings := posthog_start.settings(request.path)) is not None:
        return settings
    query = parse_qs(request.query)
    found = _read(request, query)
    events = _events(found, request.path)
    beside = found if isinstance(found, dict) else {}
    historical = beside.get("historical_migration") is True
    envelope = posthog_calls.Envelope(
        sent_at=beside.get("sent_at") or _milliseconds(query),
        historical=historical,
        library=request.headers.get("posthog-sdk-info", ""),
    )
    return wire.Submission(
        key=_key(request, beside, events, query),
        calls=[posthog_calls.call(event, index, envelope) for index, event in enumerate(events)],
        # Only an event that says it is without a cookie comes without an id.
        allows_nameless=True,
        answers_each=request.path == EACH,
        historical=historical,
    )


def render(request: wire.Request, outcome: wire.Outcome) -> wire.Reply:
    """The answer of a 200. Raises Invalid, naming the first reason, where every event is malformed."""
    if request.path == EACH:
        return wire.json_reply({"results": _results(request, outcome)})
    if outcome.is_all_invalid:
        first = _named(outcome.invalid[0])
        message = f"No event was kept. The first: {first.reason}"
        raise Invalid(message, fields=[FieldError(f"batch.{first.index}.{first.field}".rstrip("."), first.reason)])
    return wire.json_reply({"status": "Ok" if request.path.startswith(_NEWER) else 1})


_TYPES = {401: "authentication_error", 429: "throttled_error"}


def refuse(error: PlumblineError) -> wire.Reply:
    """An error as PostHog words it, with the status and the headers of all of ours."""
    body = {
        "type": _TYPES.get(error.status, "validation_error"),
        "code": error.code,
        "detail": error.message,
        "attr": error.fields[0].field if error.fields else None,
    }
    return wire.json_reply(body, error.status, wire.refuse(error).headers)


def _results(request: wire.Request, outcome: wire.Outcome) -> dict[str, dict[str, str]]:
    """What became of each event, by its uuid."""
    events = _events(_read(request, {}), request.path)
    names = [event.get("uuid") if isinstance(event, dict) else None for event in events]
    return {
        name: _result(result) for name, result in zip(names, outcome.results, strict=True) if isinstance(name, str)
    }


def _result(result: wire.Result) -> dict[str, str]:
    if isinstance(result, Rejection):
        return {"result": "drop", "details": _named(result).reason}
    return {"result": "ok"}


def _named(rejection: Rejection) -> Rejection:
    reason, field = (_OURS.sub(lambda ours: _NAMES[ours[0]], text) for text in (rejection.reason, rejection.field))
    return replace(rejection, reason=reason, field=field)


def _read(request: wire.Request, query: dict[str, list[str]]) -> Any:
    """The JSON of a request, out of whatever it is wrapped in."""
    body = request.body or query.get("data", [""])[0].encode()
    if query.get("compression") in (["lz64"], ["lz-string"]):
        raise Invalid("compression 'lz64' is not understood; send gzip-js, base64 or none.")
    body = wire.decoded(replace(request, body=body), LIMIT)
    if body.startswith(b"data="):
        body = parse_qs(body.decode(errors="replace")).get("data", [""])[0].encode()
    if body.lstrip()[:1] not in {b"{", b"["}:
        body = wire.decoded(replace(request, body=_unbase64(body), headers={}), LIMIT)
    return wire.parse_json(body)


def _unbase64(body: bytes) -> bytes:
    # A form reads the plus signs of an address as blanks.
    text = body.strip().replace(b" ", b"+")
    try:
        return base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        # Not wrapped after all; what it is not, the reading of JSON says.
        return body


def _events(found: Any, path: str) -> Sequence[Any]:
    if isinstance(found, list):
        events = found
    elif not isinstance(found, dict):
        raise Invalid(
            "The body must be JSON: an event, or a list.", fields=[FieldError("body", "Must be an event.")]
        )
    elif "batch" in found or path in _BATCHES:
        events = wire.list_of(found.get("batch"), "batch")
    else:
        events = [found]
    if path == ENGAGE:
        return [{"event": "$set", **event} if isinstance(event, dict) else event for event in events]
    return events


def _key(request: wire.Request, beside: dict[str, Any], events: Sequence[Any], query: dict[str, list[str]]) -> str:
    first = events[0] if events and isinstance(events[0], dict) else {}
    properties = first.get("properties")
    places = (beside, first, properties if isinstance(properties, dict) else {})
    given = [place[name] for place in places for name in ("api_key", "token", "$token") if place.get(name)]
    given += [*query.get("token", []), *query.get("api_key", []), wire.bearer(request.headers)]
    return wire.key_text(given[0])


def _milliseconds(query: dict[str, list[str]]) -> int | None:
    """When a browser says that it sent, in the address."""
    text = next(iter((*query.get("sent_at", []), *query.get("_", []))), "")
    return int(text) if text.isascii() and text.isdigit() and len(text) == 13 else None
