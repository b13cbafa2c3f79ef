"""Segment's tracking API, as its libraries speak it (https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/).

`POST /v1/{track,identify,page,screen,group,alias,batch,import}` and the short forms. The write key is the user of
HTTP Basic, or `writeKey` in the body. Answers `{"success": true}` also where single events of a batch are refused,
as clients would drop or repeat the whole batch; the refused are counted in the project's ledger of drops.
"""

from accounts.errors import FieldError, Invalid
from analytics.contracts import Kind
from analytics.ingestion.protocols import segment_calls, segment_quick, wire

BATCH = "batch"
# The last part of the address → the type of its call.
ROUTES: dict[str, str] = {
    **{kind.value: kind.value for kind in Kind if kind is not Kind.PASSIVE},
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
_PREFIX = "/v1/"
PATHS = frozenset(_PREFIX + route for route in ROUTES)
METHODS = frozenset({"POST"})
LIMIT = wire.MAX_BODY
refuse = wire.refuse


def parse(request: wire.Request) -> wire.Submission:
    """The calls of a request. Raises Invalid or TooLarge for the body as a whole."""
    route = ROUTES[request.path.removeprefix(_PREFIX)]
    body = wire.decoded(request, LIMIT)
    user = wire.basic_user(request.headers)
    if (quick := segment_quick.batch(body) if route == BATCH else segment_quick.single(body, route)) is not None:
        return wire.Submission(key=user or wire.key_text(quick.key), calls=quick.calls)
    found = wire.parse_object(body)
    key = user or wire.key_text(found.get("writeKey"))
    if route != BATCH:
        return wire.Submission(key=key, calls=[segment_calls.call({**found, "type": route}, 0, {}, None)])
    calls = wire.list_of(found.get("batch"), "batch")
    context = found.get("context")
    if context is not None and not isinstance(context, dict):
        raise Invalid("context must be an object.", fields=[FieldError("context", "Must be an object.")])
    sent_at = found.get("sentAt")
    return wire.Submission(
        key=key,
        calls=[segment_calls.call(call, index, context or {}, sent_at) for index, call in enumerate(calls)],
    )


def render(request: wire.Request, outcome: wire.Outcome) -> wire.Reply:  # noqa: ARG001 (the protocols' shape)
    """The answer of a 200. Raises Invalid, naming the first reason, where every event is malformed."""
    if outcome.is_all_invalid:
        first = outcome.invalid[0]
        field = f"batch.{first.index}.{first.field}".rstrip(".")
        raise Invalid(f"No event was kept. The first: {first.reason}", fields=[FieldError(field, first.reason)])
    return wire.json_reply({"success": True})
