"""Segment's tracking API, as its libraries speak it (https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/).

`POST /v1/{track,identify,page,screen,group,alias,batch,import}` and the short forms. The write key is the user of
HTTP Basic, or `writeKey` in the body. Answers `{"success": true}` also where single events of a batch are refused,
as clients would drop or repeat the whole batch; the refused are counted in the project's ledger of drops.
"""

from collections.abc import Mapping
from typing import Any, cast

from accounts.errors import FieldError, Invalid
from analytics.contracts import Kind, Rejection
from analytics.ingestion.normalize import RawCall
from analytics.ingestion.protocols import wire

BATCH = "batch"
# The last part of the address → the type of its call.
ROUTES: dict[str, str] = {
    **{kind.value: kind.value for kind in Kind},
    "t": Kind.TRACK.value,
    "i": Kind.IDENTIFY.value,
    "p": Kind.PAGE.value,
    "s": Kind.SCREEN.value,
    "g": Kind.GROUP.value,
    "a": Kind.ALIAS.value,
    "b": BATCH,
    BATCH: BATCH,
    "import": BATCH,
}


def parse(*, body: bytes, headers: Mapping[str, str], route: str) -> wire.Submission:
    """The calls of a request to a route of ROUTES. Raises Invalid or TooLarge for the body as a whole."""
    found = wire.parse_object(wire.decoded(body, headers))
    key = wire.basic_user(headers) or wire.key_text(found.get("writeKey"))
    if ROUTES[route] != BATCH:
        return wire.Submission(key=key, calls=[_call({**found, "type": ROUTES[route]}, 0, {}, None)])
    calls = wire.list_of(found.get("batch"), "batch")
    context = found.get("context")
    if context is not None and not isinstance(context, dict):
        raise Invalid("context must be an object.", fields=[FieldError("context", "Must be an object.")])
    sent_at = found.get("sentAt")
    return wire.Submission(
        key=key, calls=[_call(call, index, context or {}, sent_at) for index, call in enumerate(calls)]
    )


def render(outcome: wire.Outcome) -> dict[str, Any]:
    """The body of a 200. Raises Invalid, naming the first reason, where every event is malformed."""
    if outcome.is_all_invalid:
        first = outcome.invalid[0]
        field = f"batch.{first.index}.{first.field}".rstrip(".")
        raise Invalid(f"No event was kept. The first: {first.reason}", fields=[FieldError(field, first.reason)])
    return {"success": True}


def _call(value: Any, index: int, context: dict[str, Any], sent_at: object) -> RawCall | Rejection:
    if rejection := wire.reject_malformed(value, index):
        return rejection
    call = dict(value)
    own = call.get("context")
    # A context that is no object stays, to be refused by name.
    if own is None or isinstance(own, dict):
        call["context"] = {**context, **(own or {})}
    if sent_at is not None:
        call.setdefault("sentAt", sent_at)
    return cast("RawCall", call)
