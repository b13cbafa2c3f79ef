"""One event of PostHog's as a call in Segment's terms.

PostHog knows one `distinct_id` where we know two: what its libraries send before anybody is identified is an
anonymous id, everything else a user id. What our columns hold leaves the properties; so does what says nothing of
the event (nulls, the key, the library's own bookkeeping). All else stays as sent, under its own name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from analytics.contracts import Kind, Rejection
from analytics.ingestion.normalize import RawCall
from analytics.ingestion.protocols import posthog_content, wire

COOKIELESS = "$posthog_cookieless"

_KINDS = {
    "$pageview": Kind.PAGE,
    "$screen": Kind.SCREEN,
    "$identify": Kind.IDENTIFY,
    "$set": Kind.IDENTIFY,
    "$set_once": Kind.IDENTIFY,
    "$create_alias": Kind.ALIAS,
    "$groupidentify": Kind.GROUP,
    # Sent by the library on its own.
    "$pageleave": Kind.PASSIVE,
    "$web_vitals": Kind.PASSIVE,
    "$feature_flag_called": Kind.PASSIVE,
    "$$heatmap": Kind.PASSIVE,
}
# A century, in milliseconds.
_LONGEST_OFFSET = 100 * 366 * 86_400_000
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
    if kind is Kind.GROUP and not (
        group := posthog_content.group_id(properties.get("$group_type"), properties.get("$group_key"))
    ):
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
    return cast("RawCall", found | posthog_content.content(kind, properties, envelope.library))


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
