"""A call in Segment's terms becomes an Event: checked, its time settled, enriched. Every protocol ends here."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from analytics.contracts import Event, Kind, copy_event
from analytics.ingestion import calls, cleaning, clock, surroundings
from analytics.ingestion.calls import Call, RawCall
from analytics.ingestion.client import ClientInfo
from analytics.ingestion.ids import new_uuid
from analytics.ingestion.options import DEFAULTS, Options
from analytics.ingestion.page import page_fields
from analytics.ingestion.refusal import Refused
from analytics.ingestion.surroundings import MAX_LABEL, Surroundings, json_text, label

__all__ = ("MAX_LABEL", "RawCall", "Reader", "Refused", "normalize")

MAX_NAME = 200
# Libraries that run in browsers, whose clocks and queues are not to be believed for longer than the window.
BROWSER_LIBRARIES = frozenset({"analytics.js", "@segment/analytics-next", "plumbline.js", "posthog-js"})

_KINDS = {kind.value: kind for kind in Kind}
# An enum looks its members up each time that they are named, which is six times an event.
_TRACK, _PASSIVE, _PAGE, _SCREEN = Kind.TRACK, Kind.PASSIVE, Kind.PAGE, Kind.SCREEN
_IDENTIFY, _GROUP, _ALIAS = Kind.IDENTIFY, Kind.GROUP, Kind.ALIAS


def normalize(
    call: RawCall | Call,
    *,
    now: datetime,
    source: ClientInfo,
    options: Options = DEFAULTS,
    keep_bots: bool = False,
) -> Event:
    """The event of a call received at `now`. Raises Refused with the reason, the field and how it is counted."""
    return Reader(now=now, source=source, options=options, keep_bots=keep_bots).event(call)


class _Setting(msgspec.Struct, frozen=True, gc=False):
    """What the events of a request with the same context share."""

    context: Mapping[str, Any]
    window: timedelta | None
    event: Event


class Reader:
    """Makes the events of one request, which came from `source` at `now`."""

    def __init__(
        self, *, now: datetime, source: ClientInfo, options: Options = DEFAULTS, keep_bots: bool = False
    ) -> None:
        self._received = clock.microseconds(now)
        self._source = source
        self._options = options
        self._sender = (source.user_agent, source.language, keep_bots)
        self._settings: dict[bytes, _Setting] = {}

    def event(self, call: RawCall | Call) -> Event:
        """Raises Refused with the reason, the field and how it is counted."""
        if not isinstance(call, Call):
            call = calls.call_of(call)
        kind = _kind(call.type)
        setting = self._setting(call.context)
        properties = _properties(call, kind)
        event = copy_event(setting.event)
        event.message_id = cleaning.identifier(call.message_id, "messageId") or str(new_uuid())
        event.kind = call.type
        event.name = _name(call, kind)
        event.time = self._time(call, setting.window)
        _set_ids(event, call)
        _require_ids(event, kind, setting.context)
        if kind is _PAGE or kind is _SCREEN:
            for name, value in page_fields(kind, properties, setting.context).items():
                setattr(event, name, value)
        event.properties = json_text(properties)
        return event

    def _setting(self, context: object) -> _Setting:
        if not isinstance(context, msgspec.Raw):
            found = surroundings.read(cleaning.mapping(context, "context"), *self._sender)
            return self._complete(found)
        text = bytes(context)
        if (known := self._settings.get(text)) is None:
            known = self._settings[text] = self._complete(surroundings.read_text(text, *self._sender))
        return known

    def _complete(self, found: Surroundings) -> _Setting:
        event = surroundings.placed(found, source=self._source, options=self._options, received=self._received)
        window = self._options.browser_window if event.library in BROWSER_LIBRARIES else None
        return _Setting(found.context, window, event)

    def _time(self, call: Call, window: timedelta | None) -> int:
        original, sent = call.original_timestamp, call.sent_at
        return clock.event_time(
            timestamp=clock.read(call.timestamp, "timestamp"),
            original=None if original is None else clock.read(original, "originalTimestamp"),
            sent=None if sent is None or sent is msgspec.UNSET else clock.read(sent, "sentAt"),
            received=self._received,
            window=window,
            oldest=self._options.oldest,
        )


def _kind(value: object) -> Kind:
    kind = _KINDS.get(value) if isinstance(value, str) else None
    if kind is None:
        raise Refused(f"type must be one of {', '.join(_KINDS)}.", "type")
    return kind


def _name(call: Call, kind: Kind) -> str:
    if kind is not _TRACK and kind is not _PASSIVE:
        return kind.value
    given = call.event
    name = given.strip() if isinstance(given, str) else ""
    if not name:
        raise Refused("event must be the name of the event.", "event")
    if len(given) > MAX_NAME:
        raise Refused(f"event is longer than {MAX_NAME} characters.", "event")
    return cleaning.storable(name)


def _set_ids(event: Event, call: Call) -> None:
    """Most calls have one or two of the four; the event begins without any."""
    if call.user_id is not None:
        event.user_id = cleaning.identifier(call.user_id, "userId")
    if call.anonymous_id is not None:
        event.anonymous_id = cleaning.identifier(call.anonymous_id, "anonymousId")
    if call.group_id is not None:
        event.group_id = cleaning.identifier(call.group_id, "groupId")
    if call.previous_id is not None:
        event.previous_id = cleaning.identifier(call.previous_id, "previousId")


def _require_ids(event: Event, kind: Kind, context: Mapping[str, Any]) -> None:
    if not event.user_id and not event.anonymous_id:
        raise Refused("userId or anonymousId is required.", "userId")
    if kind is _GROUP and not event.group_id:
        raise Refused("groupId is required.", "groupId")
    if kind is _ALIAS and not (event.previous_id and event.user_id):
        missing = "userId" if event.previous_id else "previousId"
        raise Refused(f"{missing} is required.", missing)
    if kind is not _GROUP and not event.group_id and "groupId" in context:
        event.group_id = cleaning.identifier(context.get("groupId"), "context.groupId")


def _properties(call: Call, kind: Kind) -> Mapping[str, Any]:
    if kind is _IDENTIFY or kind is _GROUP:
        return cleaning.properties(call.traits, "traits")
    found = cleaning.properties(call.properties, "properties")
    if kind is _PAGE or kind is _SCREEN:
        named = {"name": label(call.name), "category": label(call.category)}
        found = {name: value for name, value in named.items() if value} | found
    return found
