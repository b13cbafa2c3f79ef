"""Umami's API for events, as its script and its libraries speak it (https://umami.is/docs/api/sending-stats).

`POST /api/send` takes `{"type": "event"|"identify"|"performance", "payload": {…}}`, `/api/batch` a list of them.
The website is a site of a project (or a write key). Who gives no `id` is a visitor of the day.

The answer's `sessionId` stands for the visitor, `visitId` for the visit, and `cache` is both, signed: a client
that sends it back as `x-umami-cache` within half an hour stays the same visitor in the same visit, for a day at
most. A bot gets `{"beep": "boop"}`.
"""

import uuid
from datetime import UTC, datetime
from typing import Any

from django.core import signing

from accounts.errors import FieldError, Invalid, PlumblineError, Unauthenticated
from analytics.contracts import DropReason, Rejection
from analytics.ingestion.protocols import umami_calls, wire

SEND, BATCH = "/api/send", "/api/batch"
PATHS = frozenset({SEND, BATCH})
METHODS = frozenset({"POST"})
LIMIT = wire.MAX_BODY

# As the visitors without a cookie of `services.visitors` begin.
_VISITOR = "day_"
_HEADER = "x-umami-cache"
_SALT = "umami"
_VISIT_SECONDS = 30 * 60
_LONGEST_SECONDS = 24 * 3600


def parse(request: wire.Request) -> wire.Submission:
    """The events of a request. Raises Invalid or TooLarge for the body as a whole."""
    body = wire.decoded(request, LIMIT)
    items = [wire.parse_object(body)] if request.path == SEND else wire.list_of(wire.parse_json(body), "body")
    website = umami_calls.website(items[0]) if items else ""
    if items and not website:
        raise Invalid("website is required.", fields=[FieldError("payload.website", "Must be a website's id.")])
    visitor = _remembered(request, website).get("visitor")
    return wire.Submission(
        key=wire.site_text(website),
        calls=[umami_calls.call(item, index, website, visitor) for index, item in enumerate(items)],
        allows_nameless=True,
    )


def render(request: wire.Request, outcome: wire.Outcome) -> wire.Reply:
    """The answer of a 200. Raises Invalid where the one event is malformed."""
    if request.path == BATCH:
        return wire.json_reply(_of_batch(request, outcome))
    result = outcome.results[0]
    if isinstance(result, Rejection) and result.drop is not DropReason.BOT:
        raise Invalid(result.reason, fields=[FieldError(result.field, result.reason)])
    return wire.json_reply(_answer(request, result))


def refuse(error: PlumblineError) -> wire.Reply:
    """The envelope of all of our errors; an unknown website is a mistake in the body to Umami's clients."""
    if isinstance(error, Unauthenticated):
        message = "There is no such website here."
        return wire.refuse(Invalid(message, fields=[FieldError("payload.website", message)]))
    return wire.refuse(error)


def _of_batch(request: wire.Request, outcome: wire.Outcome) -> dict[str, Any]:
    answers = [_answer(request, result) for result in outcome.results]
    details = [{"index": index, "response": answer} for index, answer in enumerate(answers) if "error" in answer]
    cache = next((answer["cache"] for answer in reversed(answers) if "cache" in answer), None)
    size = len(answers)
    return {
        "size": size, "processed": size - len(details), "errors": len(details), "details": details, "cache": cache,
    }  # fmt: skip


def _answer(request: wire.Request, result: wire.Result) -> dict[str, Any]:
    if isinstance(result, Rejection):
        if result.drop is DropReason.BOT:
            return {"beep": "boop"}
        return {"error": {"message": result.reason, "code": result.drop.value, "field": result.field}}
    by = result.by if isinstance(result, wire.Stored) else ""
    website = umami_calls.website(_first(request))
    session = str(_session(website, by))
    known = _remembered(request, website)
    visit = known.get("visit") or str(uuid.uuid5(uuid.UUID(session), f"{_now():%Y-%m-%dT%H}"))
    token = {
        "website": website,
        "visitor": by if by.startswith(_VISITOR) else known.get("visitor"),
        "visit": visit,
        "began": known.get("began") or int(_now().timestamp()),
    }
    return {"cache": signing.dumps(token, salt=_SALT), "sessionId": session, "visitId": visit}


def _session(website: str, by: str) -> uuid.UUID:
    """An id in Umami's form: of a visitor of the day the hash itself, else made of website and id."""
    if by.startswith(_VISITOR):
        return uuid.UUID(hex=by.removeprefix(_VISITOR))
    return uuid.uuid5(uuid.NAMESPACE_URL, f"{website}\n{by}")


def _remembered(request: wire.Request, website: str) -> dict[str, Any]:
    """What the token that came back says; empty without one, or where it is old, forged or another website's."""
    try:
        found = signing.loads(request.headers.get(_HEADER, ""), salt=_SALT, max_age=_VISIT_SECONDS)
    except signing.BadSignature:
        return {}
    current = found["website"] == website and _now().timestamp() - found["began"] < _LONGEST_SECONDS
    return dict(found) if current else {}


def _first(request: wire.Request) -> Any:
    found = wire.parse_json(wire.decoded(request, LIMIT))
    return found if request.path == SEND else found[0]


def _now() -> datetime:
    return datetime.now(UTC)
