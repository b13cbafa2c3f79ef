"""What an event of PostHog's holds, as properties, traits and context in Segment's terms."""

from collections.abc import Callable, Mapping
from typing import Any

from analytics.contracts import Kind

# What the browser's library calls itself is no name beside those of the others.
LIBRARIES = {"web": "posthog-js"}

_BOOKKEEPING = frozenset({
    "token", "api_key", "distinct_id", "$insert_id", "$time", "$config_defaults", "$configured_session_timeout_ms",
    "$initialization_time", "$lib_custom_api_host", "$lib_rate_limit_remaining_tokens", "$recording_status",
    "$sdk_dist_channel", "$user_id", "$ignore_sent_at", "$cookieless_mode", "$geoip_disable",
})  # fmt: skip
_DEBUGGING = "$sdk_debug_"
# What the user agent says, where there is one.
_BY_USER_AGENT = ("$browser", "$os", "$device_type")
_BY_ADDRESS = ("$host", "$referring_domain")


def content(kind: Kind, properties: Mapping[str, Any], library: str) -> dict[str, Any]:
    """Properties, traits and context. What is taken for the context leaves the properties."""
    left = {name: item for name, item in properties.items() if item is not None and not _is_bookkeeping(name)}
    context = _context(left, library)
    traits, once = _traits(left.pop("$set", None), left.pop("$unset", None)), _told(left.pop("$set_once", None))
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
        return {"traits": traits, "context": _with(context, properties=left)}
    if kind is Kind.GROUP:
        given = [left.pop(name, None) for name in ("$group_set", "$group_type", "$group_key")]
        return {"traits": _told(given[0]), "context": _with(context, properties=left)}
    if kind is Kind.ALIAS:
        left.pop("alias", None)
    return {"properties": left, "context": _with(context, traits=traits)}


def _is_bookkeeping(name: str) -> bool:
    return name in _BOOKKEEPING or name.startswith(_DEBUGGING)


def _traits(given: object, unset: object) -> object:
    """What is set, and as null what is not to be any more."""
    told = _told(given)
    if not isinstance(unset, list) or not isinstance(told, dict | None):
        return told
    return {**(told or {}), **{name: None for name in unset if isinstance(name, str)}}


def _told(value: object) -> object:
    """Traits without those that say nothing."""
    return {name: item for name, item in value.items() if item is not None} if isinstance(value, dict) else value


def _with(context: dict[str, Any], **more: object) -> dict[str, Any]:
    return context | _present(more)


def _context(left: dict[str, Any], sender: str) -> dict[str, Any]:
    def take(name: str) -> Any:
        return left.pop(name) if isinstance(left.get(name), str) else None

    name, _, version = sender.partition("/")
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
    return next((found for kind, key in groups.items() if (found := group_id(kind, key))), "")


def group_id(kind: object, key: object) -> str:
    """The id of a group: keys are only unique among groups of their kind."""
    told = isinstance(kind, str) and kind and isinstance(key, str | int) and key != ""
    return f"{kind}:{key}" if told else ""
