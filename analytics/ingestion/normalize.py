"""A call in Segment's terms becomes an Event: checked, its time settled, enriched. Every protocol ends here."""

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, TypedDict

import msgspec

from analytics.contracts import DropReason, Event, Kind
from analytics.ingestion import cleaning, clock
from analytics.ingestion.client import ClientInfo, visitor
from analytics.ingestion.enrichment import user_agents
from analytics.ingestion.enrichment.countries import country
from analytics.ingestion.options import DEFAULTS, Options
from analytics.ingestion.page import page_fields
from analytics.ingestion.refusal import Refused

__all__ = ("RawCall", "Refused", "normalize")

MAX_NAME = 200
MAX_LABEL = 100
# Libraries that run in browsers, whose clocks and queues are not to be believed for longer than the window.
BROWSER_LIBRARIES = frozenset({"analytics.js", "@segment/analytics-next", "plumbline.js", "posthog-js"})
# Parts of `context` that columns hold, or that are kept only where the project says so (the address).
_NOT_KEPT = frozenset({"ip", "userAgent", "userAgentData", "page", "campaign", "locale", "groupId"})

_KINDS = {kind.value: kind for kind in Kind}
_encode = msgspec.json.Encoder().encode


class RawCall(TypedDict, total=False):
    """One call as a client made it, in Segment's terms; nothing in it has been checked."""

    type: Any
    event: Any
    name: Any
    category: Any
    anonymousId: Any
    userId: Any
    groupId: Any
    previousId: Any
    messageId: Any
    timestamp: Any
    originalTimestamp: Any
    sentAt: Any
    properties: Any
    traits: Any
    context: Any


def normalize(
    call: RawCall, *, now: datetime, source: ClientInfo, options: Options = DEFAULTS, keep_bots: bool = False
) -> Event:
    """The event of a call received at `now`. Raises Refused with the reason, the field and how it is counted."""
    kind = _kind(call.get("type"))
    context = cleaning.mapping(call.get("context"), "context")
    agent = user_agents.parse(cleaning.text(context.get("userAgent")) or source.user_agent)
    if agent.is_bot and not keep_bots:
        raise Refused("The user agent is a bot's.", "context.userAgent", DropReason.BOT)
    properties = _properties(call, kind)
    library = _label(cleaning.mapping(context.get("library"), "context.library").get("name"))
    window = options.browser_window if library in BROWSER_LIBRARIES else None
    address, header = visitor(context.get("ip"), source)
    return Event(
        message_id=cleaning.identifier(call.get("messageId"), "messageId") or str(uuid.uuid4()),
        kind=kind.value,
        name=_name(call, kind),
        **_times(call, now, window, options.oldest),
        **_ids(call, kind, context),
        **page_fields(kind, properties, context),
        browser=agent.browser,
        os=agent.os or _label(_part(context, "os").get("name")),
        device=agent.device,
        country=country(
            header=header,
            located=options.country_of(address),
            time_zone=cleaning.text(context.get("timezone")),
        ),
        language=_label(context.get("locale")) or _label(source.language),
        library=library,
        properties=_json(properties),
        context=_json(_kept(context, address if options.keep_addresses else "")),
    )


def _kind(value: object) -> Kind:
    kind = _KINDS.get(value) if isinstance(value, str) else None
    if kind is None:
        raise Refused(f"type must be one of {', '.join(_KINDS)}.", "type")
    return kind


def _name(call: RawCall, kind: Kind) -> str:
    if kind is not Kind.TRACK:
        return kind.value
    given = call.get("event")
    if not isinstance(given, str) or not given.strip():
        raise Refused("event must be the name of the event.", "event")
    if len(given) > MAX_NAME:
        raise Refused(f"event is longer than {MAX_NAME} characters.", "event")
    return cleaning.storable(given.strip())


def _ids(call: RawCall, kind: Kind, context: Mapping[str, Any]) -> dict[str, Any]:
    ids = {
        "user_id": cleaning.identifier(call.get("userId"), "userId"),
        "anonymous_id": cleaning.identifier(call.get("anonymousId"), "anonymousId"),
        "group_id": cleaning.identifier(call.get("groupId"), "groupId"),
        "previous_id": cleaning.identifier(call.get("previousId"), "previousId"),
    }
    if not ids["user_id"] and not ids["anonymous_id"]:
        raise Refused("userId or anonymousId is required.", "userId")
    if kind is Kind.GROUP and not ids["group_id"]:
        raise Refused("groupId is required.", "groupId")
    if kind is Kind.ALIAS and not (ids["previous_id"] and ids["user_id"]):
        missing = "userId" if ids["previous_id"] else "previousId"
        raise Refused(f"{missing} is required.", missing)
    if kind is not Kind.GROUP and not ids["group_id"]:
        ids["group_id"] = cleaning.identifier(context.get("groupId"), "context.groupId")
    return ids


def _times(call: RawCall, now: datetime, window: timedelta | None, oldest: int) -> dict[str, Any]:
    received = clock.microseconds(now)
    time = clock.event_time(
        timestamp=clock.read(call.get("timestamp"), "timestamp"),
        original=clock.read(call.get("originalTimestamp"), "originalTimestamp"),
        sent=clock.read(call.get("sentAt"), "sentAt"),
        received=received,
        window=window,
        oldest=oldest,
    )
    return {"time": time, "received_at": received}


def _properties(call: RawCall, kind: Kind) -> dict[str, Any]:
    if kind in {Kind.IDENTIFY, Kind.GROUP}:
        return cleaning.properties(call.get("traits"), "traits")
    found = cleaning.properties(call.get("properties"), "properties")
    if kind in {Kind.PAGE, Kind.SCREEN}:
        named = {"name": _label(call.get("name")), "category": _label(call.get("category"))}
        found = {name: value for name, value in named.items() if value} | found
    return found


def _kept(context: Mapping[str, Any], address: str) -> dict[str, Any]:
    kept = cleaning.properties({key: value for key, value in context.items() if key not in _NOT_KEPT}, "context")
    return {**kept, "ip": address} if address else kept


def _part(context: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    return cleaning.mapping(context.get(name), f"context.{name}")


def _label(value: object) -> str:
    return cleaning.text(value, MAX_LABEL)


def _json(value: dict[str, Any]) -> str:
    return _encode(value).decode() if value else "{}"
