"""Plausible's events API, as its scripts speak it (https://plausible.io/docs/events-api).

`POST /api/event`, JSON whatever its type is called, with the long names or the short ones that scripts send. The
domain is a site of a project (or a write key). Nobody has an id: a visitor is told apart for the day, as without a
cookie. The answer is 202 and `ok`, with `x-plausible-dropped: 1` where the event was not kept: that is how its
clients learn of a bot, of an unknown domain, and of a visitor who could not be told apart.
"""

from typing import Any, cast

from accounts.errors import FieldError, Invalid, PlumblineError, Unauthenticated
from analytics.contracts import Kind, Rejection
from analytics.ingestion.normalize import RawCall
from analytics.ingestion.protocols import wire

PATHS = frozenset({"/api/event"})
METHODS = frozenset({"POST"})
LIMIT = wire.MAX_BODY

LIBRARY = "plausible"
_PAGEVIEW = "pageview"
_ENGAGEMENT = "engagement"
_SHORT = {
    "name": "n", "domain": "d", "url": "u", "referrer": "r", "props": "p", "revenue": "$", "interactive": "i",
    "scroll_depth": "sd", "engagement_time": "e", "width": "w", "version": "v",
}  # fmt: skip
# Older scripts call them so.
_OLDER = {"props": ("m", "meta"), "width": ("screen_width",)}
_DROPPED = {"x-plausible-dropped": "1"}


def parse(request: wire.Request) -> wire.Submission:
    """The event of a request. Raises Invalid or TooLarge."""
    found = wire.parse_object(wire.decoded(request, LIMIT))
    given = {name: _given(found, name) for name in _SHORT}
    missing = [name for name in ("domain", "name", "url") if not _is_text(given[name])]
    if missing:
        raise Invalid("A field is missing.", fields=[FieldError(name, "can't be blank") for name in missing])
    return wire.Submission(
        # Several domains, as for a rollup, are the first one's.
        key=wire.site_text(given["domain"].partition(",")[0]),
        calls=[_call(found, given)],
        allows_nameless=True,
    )


def render(request: wire.Request, outcome: wire.Outcome) -> wire.Reply:  # noqa: ARG001 (the protocols' shape)
    """Raises Invalid where the event is malformed."""
    for rejection in outcome.invalid:
        # A visitor that cannot be told apart is no fault of the event's.
        if rejection.field not in {"userId", "anonymousId"}:
            raise Invalid(rejection.reason, fields=[FieldError(rejection.field, rejection.reason)])
    return _ok(is_dropped=any(isinstance(result, Rejection) for result in outcome.results))


def refuse(error: PlumblineError) -> wire.Reply:
    """The fields at fault and what is wrong with each; of an unknown domain, that the event was dropped."""
    if isinstance(error, Unauthenticated):
        return _ok(is_dropped=True)
    errors = {item.field: [item.message] for item in error.fields} or {"request": [error.message]}
    return wire.json_reply({"errors": errors}, error.status, wire.refuse(error).headers)


def _ok(*, is_dropped: bool) -> wire.Reply:
    return wire.Reply(
        202, b"ok", {"Content-Type": "text/plain; charset=utf-8", **(_DROPPED if is_dropped else {})}
    )


def _given(found: dict[str, Any], name: str) -> Any:
    return next((found[key] for key in (name, _SHORT[name], *_OLDER.get(name, ())) if key in found), None)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _call(found: dict[str, Any], given: dict[str, Any]) -> RawCall | Rejection:
    if rejection := wire.reject_malformed(found, 0):
        return rejection
    properties = _props(given["props"])
    if not isinstance(properties, dict):
        return Rejection(0, "props must be an object.", "props")
    name = given["name"].strip()
    context = {
        "library": {"name": LIBRARY} | ({"version": str(given["version"])} if given["version"] else {}),
        "page": {"url": given["url"], "referrer": given["referrer"]},
    }
    if isinstance(given["width"], int):
        context["screen"] = {"width": given["width"]}
    return cast(
        "RawCall",
        {
            "type": _kind(name, given).value,
            "event": name,
            "properties": {**properties, **_figures(name, given)},
            "context": context,
        },
    )


def _kind(name: str, given: dict[str, Any]) -> Kind:
    if name == _PAGEVIEW:
        return Kind.PAGE
    return Kind.PASSIVE if name == _ENGAGEMENT or given["interactive"] is False else Kind.TRACK


def _props(value: object) -> object:
    """An object; older scripts send it as text."""
    if isinstance(value, str) and value.strip():
        return wire.parse_json(value.encode(errors="replace"))
    return value or {}


def _figures(name: str, given: dict[str, Any]) -> dict[str, Any]:
    """What stands beside the properties and is one of them here."""
    figures: dict[str, Any] = {}
    revenue = given["revenue"]
    if isinstance(revenue, dict):
        figures |= {"revenue": _amount(revenue.get("amount")), "currency": revenue.get("currency")}
    if name == _ENGAGEMENT:
        figures |= {part: given[part] for part in ("scroll_depth", "engagement_time")}
    if given["interactive"] is False:
        figures["interactive"] = False
    return {part: value for part, value in figures.items() if value is not None}


def _amount(value: object) -> object:
    """A number, which may be sent as text; anything else stays as it is."""
    if not isinstance(value, str):
        return value
    try:
        return float(value)
    except ValueError:
        return value
