"""One item of Umami's as a call in Segment's terms."""

import re
from collections.abc import Mapping
from typing import Any, cast

from analytics.contracts import Kind, Rejection
from analytics.ingestion.normalize import RawCall
from analytics.ingestion.protocols import wire

LIBRARY = "umami"
EVENT, IDENTIFY, PERFORMANCE = "event", "identify", "performance"
_TYPES = (EVENT, IDENTIFY, PERFORMANCE)
_SCREEN = re.compile(r"(\d{1,5})x(\d{1,5})")
_KNOWN = frozenset({
    "website", "hostname", "url", "referrer", "title", "language", "screen", "name", "tag", "data", "id",
    "timestamp", "ip", "userAgent",
})  # fmt: skip


def website(item: object) -> str:
    """What an item names as its website; empty where it names none."""
    payload = item.get("payload") if isinstance(item, dict) else None
    found = payload.get("website") if isinstance(payload, dict) else None
    return found.strip() if isinstance(found, str) else ""


def call(item: Any, index: int, expected: str, visitor: str | None) -> RawCall | Rejection:
    """The call that an item is, or what is wrong with it; `visitor` is who sent the request, if that is known."""
    if rejection := wire.reject_malformed(item, index):
        return rejection
    payload, kind = item.get("payload"), item.get("type", EVENT)
    if kind not in _TYPES:
        return Rejection(index, f"type must be one of {', '.join(_TYPES)}.", "type")
    if website(item) != expected:
        return Rejection(index, "All of a batch is one website's.", "payload.website")
    data = payload.get("data")
    if data is not None and not isinstance(data, dict):
        return Rejection(index, "data must be an object.", "payload.data")
    found = {**_content(kind, payload, data or {}), **_ids(kind, payload.get("id"), visitor)}
    return cast("RawCall", {**found, "timestamp": payload.get("timestamp"), "context": _context(payload)})


def _ids(kind: str, given: object, visitor: str | None) -> dict[str, Any]:
    if given is None or given == "":
        return {"anonymousId": visitor}
    # Identifying says that the visitor so far and the id are one person; an event says only whose it is.
    return {"userId": given, "anonymousId": visitor} if kind == IDENTIFY else {"userId": given}


def _content(kind: str, payload: Mapping[str, Any], data: dict[str, Any]) -> dict[str, Any]:
    if kind == IDENTIFY:
        return {"type": Kind.IDENTIFY.value, "traits": data}
    tag = {"tag": payload["tag"]} if payload.get("tag") else {}
    if kind == PERFORMANCE:
        measured = {
            name: value for name, value in payload.items() if name not in _KNOWN and isinstance(value, int | float)
        }
        return {"type": Kind.PASSIVE.value, "event": PERFORMANCE, "properties": tag | measured | data}
    name = payload.get("name")
    if name is None or name == "":
        return {"type": Kind.PAGE.value, "properties": tag | data}
    return {"type": Kind.TRACK.value, "event": name, "properties": tag | data}


def _context(payload: Mapping[str, Any]) -> dict[str, Any]:
    url, host = _text(payload.get("url")), _text(payload.get("hostname"))
    page = {
        "url": f"https://{host}/{url.removeprefix('/')}" if host and "://" not in url else url,
        "title": _text(payload.get("title")),
        "referrer": _text(payload.get("referrer")),
    }
    screen = _SCREEN.fullmatch(_text(payload.get("screen")))
    found: dict[str, Any] = {
        "library": {"name": LIBRARY},
        "page": {name: value for name, value in page.items() if value},
        "locale": _text(payload.get("language")),
        "userAgent": _text(payload.get("userAgent")),
        "ip": _text(payload.get("ip")),
        "screen": {"width": int(screen[1]), "height": int(screen[2])} if screen else None,
    }
    return {name: value for name, value in found.items() if value}


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""
