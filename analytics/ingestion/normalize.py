"""A call in Segment's terms becomes an Event: checked, its time settled, enriched. Every protocol ends here."""

import copy
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from analytics.contracts import Event, Kind
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


class _Setting(NamedTuple):
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
        self._keep_bots = keep_bots
        self._settings: dict[bytes, _Setting] = {}

    def event(self, call: RawCall | Call) -> Event:
        """Raises Refused with the reason, the field and how it is counted."""
        if not isinstance(call, Call):
            call = calls.call_of(call)
        kind = _kind(call.type)
        setting = self._setting(call.context)
        properties = _properties(call, kind)
        event = copy.copy(setting.event)
        event.message_id = cleaning.identifier(call.message_id, "messageId") or str(new_uuid())
        event.kind = kind.value
        event.name = _name(call, kind)
        event.time = self._time(call, setting.window)
        _set_ids(event, call, kind, setting.context)
        if kind is Kind.PAGE or kind is Kind.SCREEN:
            for name, value in page_fields(kind, properties, setting.context).items():
                setattr(event, name, value)
        event.properties = json_text(properties)
        return event

    def _setting(self, context: object) -> _Setting:
        if not isinstance(context, msgspec.Raw):
            found = surroundings.read(cleaning.mapping(context, "context"), **self._sender)
            return self._complete(found)
        text = bytes(context)
        if (known := self._settings.get(text)) is None:
            known = self._settings[text] = self._complete(surroundings.read_text(text, **self._sender))
        return known

    @property
    def _sender(self) -> dict[str, Any]:
        source = self._source
        return {"user_agent": source.user_agent, "language": source.language, "keep_bots": self._keep_bots}

    def _complete(self, found: Surroundings) -> _Setting:
        event = surroundings.placed(found, source=self._source, options=self._options, received=self._received)
        window = self._options.browser_window if event.library in BROWSER_LIBRARIES else None
        return _Setting(found.context, window, event)

    def _time(self, call: Call, window: timedelta | None) -> int:
        return clock.event_time(
            timestamp=clock.read(call.timestamp, "timestamp"),
            original=clock.read(call.original_timestamp, "originalTimestamp"),
            sent=None if call.sent_at is msgspec.UNSET else clock.read(call.sent_at, "sentAt"),
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
    if kind is not Kind.TRACK and kind is not Kind.PASSIVE:
        return kind.value
    given = call.event
    if not isinstance(given, str) or not given.strip():
        raise Refused("event must be the name of the event.", "event")
    if len(given) > MAX_NAME:
        raise Refused(f"event is longer than {MAX_NAME} characters.", "event")
    return cleaning.storable(given.strip())


def _set_ids(event: Event, call: Call, kind: Kind, context: Mapping[str, Any]) -> None:
    event.user_id = cleaning.identifier(call.user_id, "userId")
    event.anonymous_id = cleaning.identifier(call.anonymous_id, "anonymousId")
    event.group_id = cleaning.identifier(call.group_id, "groupId")
    event.previous_id = cleaning.identifier(call.previous_id, "previousId")
    if not event.user_id and not event.anonymous_id:
        raise Refused("userId or anonymousId is required.", "userId")
    if kind is Kind.GROUP and not event.group_id:
        raise Refused("groupId is required.", "groupId")
    if kind is Kind.ALIAS and not (event.previous_id and event.user_id):
        missing = "userId" if event.previous_id else "previousId"
        raise Refused(f"{missing} is required.", missing)
    if kind is not Kind.GROUP and not event.group_id:
        event.group_id = cleaning.identifier(context.get("groupId"), "context.groupId")


def _properties(call: Call, kind: Kind) -> Mapping[str, Any]:
    if kind is Kind.IDENTIFY or kind is Kind.GROUP:
        return cleaning.properties(call.traits, "traits")
    found = cleaning.properties(call.properties, "properties")
    if kind is Kind.PAGE or kind is Kind.SCREEN:
        named = {"name": label(call.name), "category": label(call.category)}
        found = {name: value for name, value in named.items() if value} | found
    return found
