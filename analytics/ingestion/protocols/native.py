"""Our own `POST /api/v1/events/`, which answers for each event.

    {"events": [{"event": "Signed up", "user_id": "42", "timestamp": "2026-03-01T12:00:00Z",
                 "properties": {"plan": "pro"}, "url": "https://example.com/pricing?utm_source=news"}]}

or one such object without `events`. The key is a write key (`Authorization: Bearer plw_…`, the user of HTTP Basic,
or `write_key` in the body), or a secret key that may send events, with `project_id` in the body. An event has:

- `type`: track (default), identify, page, screen, group, alias or passive; `event`: the name, for track and
  passive (what happened without anybody doing it, such as a measurement)
- `user_id` or `anonymous_id`; without either, a browser's visitor is told apart for the day, without a cookie
- `message_id`, by which sending again is harmless; `timestamp`, `sent_at`, `original_timestamp`
- `properties`; for identify and group `traits`; for group `group_id`; for alias `previous_id`
- `context` as Segment has it, in camelCase or snake_case, or for short beside `event`: `url`, `referrer`, `title`,
  `path`, `user_agent`, `time_zone`, `locale`

With the header `Idempotency-Key`, the same key and body within 24 hours get the same answer, another body 422, and
409 while the first is still running.

The answer's `results` say of each event, by index: stored, duplicate, or rejected with reason and field.
"""

import re
from typing import Any, cast

from accounts import idempotency
from accounts.errors import FieldError, Invalid
from analytics.contracts import Kind, Rejection
from analytics.ingestion.normalize import RawCall
from analytics.ingestion.protocols import wire

# Our name → Segment's.
_FIELDS = {
    "type": "type",
    "event": "event",
    "name": "name",
    "category": "category",
    "user_id": "userId",
    "anonymous_id": "anonymousId",
    "group_id": "groupId",
    "previous_id": "previousId",
    "message_id": "messageId",
    "timestamp": "timestamp",
    "sent_at": "sentAt",
    "original_timestamp": "originalTimestamp",
    "properties": "properties",
    "traits": "traits",
    "context": "context",
}
_PAGE = ("url", "referrer", "title", "path")
_CONTEXT = {"user_agent": "userAgent", "time_zone": "timezone", "locale": "locale", "group_id": "groupId"}
_OURS = {theirs: ours for ours, theirs in (_FIELDS | _CONTEXT).items()}
_THEIRS = re.compile(rf"\b({'|'.join(theirs for theirs, ours in _OURS.items() if theirs != ours)})\b")
_KNOWN = {*_FIELDS, *_PAGE, *_CONTEXT, "write_key", "project_id"}


PATHS = frozenset({"/api/v1/events"})
METHODS = frozenset({"POST"})
LIMIT = wire.MAX_BODY
refuse = wire.refuse


def parse(request: wire.Request) -> wire.Submission:
    """The calls of a request. Raises Invalid or TooLarge for the body as a whole."""
    headers = request.headers
    body = wire.decoded(request, LIMIT)
    found = wire.parse_object(body)
    once = idempotency.once(headers.get(idempotency.HEADER.lower(), ""), body)
    calls = wire.list_of(found["events"], "events") if "events" in found else [found]
    return wire.Submission(
        key=wire.bearer(headers) or wire.basic_user(headers) or wire.key_text(found.get("write_key")),
        calls=[_named(call_of(call, index), index, once) for index, call in enumerate(calls)],
        allows_secret_key=True,
        allows_nameless=True,
        answers_each=True,
        project_id=_project_id(found.get("project_id")),
        once=once,
    )


def render(request: wire.Request, outcome: wire.Outcome) -> wire.Reply:  # noqa: ARG001 (the protocols' shape)
    """The answer of a 200: each event's fate and how many there are of each."""
    results = [_result(result) for result in outcome.results]
    counts = {status: sum(item["status"] == status for item in results) for status in STATUSES}
    return wire.json_reply({"results": results, **counts})


STATUSES = ("stored", "duplicate", "rejected")


def _result(result: wire.Result) -> dict[str, Any]:
    if isinstance(result, Rejection):
        reason, field = (
            _THEIRS.sub(lambda found: _OURS[found[0]], text) for text in (result.reason, result.field)
        )
        return {"index": result.index, "status": "rejected", "reason": reason, "field": field}
    status = "stored" if isinstance(result, wire.Stored) else "duplicate"
    return {"index": result.index, "status": status, "message_id": result.message_id}


def _named(call: RawCall | Rejection, index: int, once: idempotency.Once | None) -> RawCall | Rejection:
    """With a message id that the same request would have again, so that nothing of it can be there twice."""
    if once is None or isinstance(call, Rejection):
        return call
    # Whatever else stands there is for the judgement to refuse, and may not be hashable.
    has_one = call.get("messageId") is not None and call.get("messageId") != ""
    return call if has_one else {**call, "messageId": once.name(index)}


def _project_id(value: object) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 2**63:
        raise Invalid("project_id must be a project's id.", fields=[FieldError("project_id", "Must be an id.")])
    return value


def call_of(value: Any, index: int) -> RawCall | Rejection:
    if rejection := wire.reject_malformed(value, index):
        return rejection
    if unknown := sorted(set(value) - _KNOWN):
        return Rejection(index, f"'{unknown[0]}' is not a field of an event.", unknown[0])
    call: dict[str, Any] = {theirs: value[ours] for ours, theirs in _FIELDS.items() if ours in value}
    call.setdefault("type", Kind.TRACK.value)
    if not isinstance(call.setdefault("context", {}) or {}, dict):
        return Rejection(index, "context must be an object.", "context")
    call["context"] = _context(value, call["context"] or {})
    return cast("RawCall", call)


def _context(value: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    context = {_CONTEXT.get(name, name): part for name, part in given.items()}
    context |= {theirs: value[ours] for ours, theirs in _CONTEXT.items() if ours in value and ours != "group_id"}
    page = {name: value[name] for name in _PAGE if name in value}
    if page and isinstance(context.get("page") or {}, dict):
        context["page"] = {**(context.get("page") or {}), **page}
    return context
