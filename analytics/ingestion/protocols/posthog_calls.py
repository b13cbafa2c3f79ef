"""One event of PostHog's as a call in Segment's terms.

PostHog knows one `distinct_id` where we know two: what its libraries send before anybody is identified is an
anonymous id, everything else a user id. What our columns hold leaves the properties; so does what says nothing of
the event (nulls, the key, the library's own bookkeeping). All else stays as sent, under its own name.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from analytics.contracts import Kind, Rejection
from analytics.ingestion.normalize import RawCall
from analytics.ingestion.protocols import wire

# What the browser's library calls itself is no name beside those of the others.
LIBRARIES = {"web": "posthog-js"}
COOKIELESS = "$posthog_cookieless"

_KINDS = {
    "$pageview": Kind.PAGE,
    "$screen": Kind.SCREEN,
    "$identify": Kind.IDENTIFY,
    "$set": Kind.IDENTIFY,
    "$set_once": Kind.IDENTIFY,
    "$create_alias": Kind.ALIAS,
    "$groupidentify": Kind.GROUP,
}
_BOOKKEEPING = frozenset({
    "token", "api_key", "distinct_id", "$insert_id", "$time", "$config_defaults", "$configured_session_timeout_ms",
    "$initialization_time", "$lib_custom_api_host", "$lib_rate_limit_remaining_tokens", "$recording_status",
    "$sdk_dist_channel", "$user_id", "$ignore_sent_at", "$cookieless_mode", "$geoip_disable",
})  # fmt: skip
# A century, in milliseconds.
_LONGEST_OFFSET = 100 * 366 * 86_400_000
_DEBUGGING = "$sdk_debug_"
# What the user agent says, where there is one.
_BY_USER_AGENT = ("$browser", "$os", "$device_type")
_BY_ADDRESS = ("$host", "$referring_domain")
# The newer door has these beside the properties.
_LIFTED = {"session_id": "$session_id", "window_id": "$window_id"}
_OPTIONS = {"process_person_profile": "$process_person_profile", "disable_skew_correction": "$ignore_sent_at"}


@dataclass(frozen=True, slots=True)
class Envelope:
    """What a request says of all of its events; `sent_at` is the client's clock, `library` as name/version."""

    sent_at: object = None
    historical: bool = False
    library: str = ""


def call(value: Any, index: int, envelope: Envelope) -> RawCall | Rejection:
    """The call that an event is, or what is wrong with it."""
    if rejection := wire.reject_malformed(value, index):
        return rejection
    given = value.get("properties")
    if given is not None and not isinstance(given, dict):
        return Rejection(index, "properties must be an object.", "properties")
    properties = {**(given or {}), **_beside(value)}
    kind = _kind(value.get("event"))
    ids = _ids(value, properties, kind)
    if not ids:
        return Rejection(index, "distinct_id is required.", "distinct_id")
    if kind is Kind.GROUP and not (group := _group(properties.get("$group_type"), properties.get("$group_key"))):
        return Rejection(index, "$group_type and $group_key are required.", "$group_key")
    if kind is Kind.GROUP:
        ids["groupId"] = group
    found = {
        "type": kind.value,
        "event": value.get("event"),
        "messageId": value.get("uuid") or properties.get("$insert_id"),
        **ids,
        **_times(value, properties, envelope),
    }
    return cast("RawCall", found | _content(kind, properties, envelope))


def _kind(event: object) -> Kind:
    return _KINDS.get(event, Kind.TRACK) if isinstance(event, str) else Kind.TRACK


def _beside(value: Mapping[str, Any]) -> dict[str, Any]:
    """What stands beside the properties and belongs among them."""
    options = value.get("options")
    sources: tuple[tuple[Mapping[str, Any], Mapping[str, str]], ...] = (
        (value, {"$set": "$set", "$set_once": "$set_once", **_LIFTED}),
        (options if isinstance(options, dict) else {}, _OPTIONS),
    )
    return {name: part[key] for part, names in sources for key, name in names.items() if key in part}


def _ids(value: Mapping[str, Any], properties: Mapping[str, Any], kind: Kind) -> dict[str, Any]:
    """Whose event it is; empty where it does not say."""
    distinct = next(
        (found for found in (value.get("distinct_id"), properties.get("distinct_id"), value.get("$distinct_id"))
         if found is not None and found != ""),
        None,
    )  # fmt: skip
    if distinct is None:
        return {}
    if distinct == COOKIELESS:
        return {"anonymousId": None}
    if kind is Kind.ALIAS:
        return {"previousId": distinct, "userId": properties.get("alias")}
    if kind is Kind.IDENTIFY:
        anonymous = properties.get("$anon_distinct_id")
        return {"userId": distinct, "anonymousId": None if anonymous == distinct else anonymous}
    unidentified = properties.get("$is_identified") is False or properties.get("$process_person_profile") is False
    return {"anonymousId" if unidentified else "userId": distinct}


def _group(kind: object, key: object) -> str:
    """The id of a group: keys are only unique among groups of their kind."""
    told = isinstance(kind, str) and kind and isinstance(key, str | int) and key != ""
    return f"{kind}:{key}" if told else ""


def _times(value: Mapping[str, Any], properties: Mapping[str, Any], envelope: Envelope) -> dict[str, Any]:
    """A server's clock is believed; that of a page or an app is corrected by when it says that it sent."""
    offset = value.get("offset")
    given = next(
        (found for found in (value.get("timestamp"), properties.get("$timestamp"), properties.get("$time"))
         if found is not None and found != ""),
        None,
    )  # fmt: skip
    if given is None and isinstance(offset, int | float) and abs(offset) < _LONGEST_OFFSET:
        # So many milliseconds before it was sent, whenever that was.
        return {"sentAt": 0, "originalTimestamp": -offset / 1000}
    believed = (
        envelope.historical or properties.get("$is_server") is True or properties.get("$ignore_sent_at") is True
    )
    if believed or envelope.sent_at is None:
        return {"timestamp": given}
    return {"originalTimestamp": given, "sentAt": envelope.sent_at, "timestamp": given}


def _content(kind: Kind, properties: dict[str, Any], envelope: Envelope) -> dict[str, Any]:
    """Properties, traits and context. What is taken for the context leaves the properties."""
    left = {name: item for name, item in properties.items() if item is not None and not _is_bookkeeping(name)}
    context = _context(left, envelope)
    traits, once = left.pop("$set", None), _told(left.pop("$set_once", None))
    if once:
        context["set_once"] = once
    if kind is Kind.SCREEN:
        return {
            "name": left.pop("$screen_name", None),
            "properties": left,
            "context": _with(context, traits=traits),
        }
    if kind is Kind.IDENTIFY:
        left.pop("$anon_distinct_id", None)
        return {"traits": _told(traits), "context": _with(context, properties=left)}
    if kind is Kind.GROUP:
        given = [left.pop(name, None) for name in ("$group_set", "$group_type", "$group_key")]
        return {"traits": _told(given[0]), "context": _with(context, properties=left)}
    if kind is Kind.ALIAS:
        left.pop("alias", None)
    return {"properties": left, "context": _with(context, traits=traits)}


def _is_bookkeeping(name: str) -> bool:
    return name in _BOOKKEEPING or name.startswith(_DEBUGGING)


def _told(value: object) -> object:
    """Traits without those that say nothing."""
    return {name: item for name, item in value.items() if item is not None} if isinstance(value, dict) else value


def _with(context: dict[str, Any], **more: object) -> dict[str, Any]:
    return context | _present({name: _told(item) for name, item in more.items()})


def _context(left: dict[str, Any], envelope: Envelope) -> dict[str, Any]:
    def take(name: str) -> Any:
        return left.pop(name) if isinstance(left.get(name), str) else None

    name, _, version = envelope.library.partition("/")
    library = take("$lib") or name
    groups = left.get("$groups")
    found = {
        "library": _present({"name": LIBRARIES.get(library, library), "version": take("$lib_version") or version}),
        "page": _page(left, take),
        "userAgent": take("$raw_user_agent"),
        "ip": take("$ip"),
        "locale": take("$browser_language"),
        "timezone": take("$timezone"),
        "groupId": _first_group(groups) if isinstance(groups, dict) else "",
    }
    if found["userAgent"]:
        for name in _BY_USER_AGENT:
            left.pop(name, None)
    elif not left.get("$is_server") and isinstance(left.get("$os"), str):
        found["os"] = {"name": left.pop("$os")}
    return _present(found)


def _present(found: Mapping[str, Any]) -> dict[str, Any]:
    return {name: item for name, item in found.items() if item}


def _page(left: dict[str, Any], take: Callable[[str], Any]) -> dict[str, Any]:
    url, referrer = take("$current_url"), take("$referrer")
    if url:
        for name in _BY_ADDRESS:
            left.pop(name, None)
    return _present({
        "url": url,
        "path": take("$pathname"),
        "title": take("$title") or (take("title") if url else None),
        "referrer": None if referrer == "$direct" else referrer,
    })  # fmt: skip


def _first_group(groups: Mapping[str, Any]) -> str:
    return next((found for kind, key in groups.items() if (found := _group(kind, key))), "")
