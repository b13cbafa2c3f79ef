"""What a call's context says, enriched: browser, place, page, library. It is the same for many calls, so kept."""

import functools
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from analytics.contracts import DropReason, Event, Kind, copy_event
from analytics.ingestion import cleaning, loose_json
from analytics.ingestion.client import ClientInfo, visitor
from analytics.ingestion.enrichment import user_agents
from analytics.ingestion.enrichment.countries import country
from analytics.ingestion.options import Options
from analytics.ingestion.page import page_fields
from analytics.ingestion.refusal import Refused

MAX_LABEL = 100
# Parts of `context` that columns hold, or that are kept only where the project says so (the address).
_NOT_KEPT = frozenset({"ip", "userAgent", "userAgentData", "page", "campaign", "locale", "groupId"})
# A context that is longer is hardly ever the same again.
_CACHED_BYTES = 1500
_CACHED = 4096

encode = msgspec.json.Encoder().encode


class Surroundings(NamedTuple):
    """`event` has what the context says and nothing else, to be copied; `kept` is what no column holds.

    The event's country is that of the time zone, until more is known of the visitor.
    """

    context: Mapping[str, Any]
    kept: Mapping[str, Any]
    event: Event


def read(context: Mapping[str, Any], user_agent: str, language: str, keep_bots: bool) -> Surroundings:
    """What a context says where the request came with this user agent and language.

    Raises Refused for a bot, and for a part that is no object.
    """
    agent = user_agents.parse(cleaning.text(context.get("userAgent")) or user_agent)
    if agent.is_bot and not keep_bots:
        raise Refused("The user agent is a bot's.", "context.userAgent", DropReason.BOT)
    kept = cleaning.properties({key: value for key, value in context.items() if key not in _NOT_KEPT}, "context")
    event = Event(
        message_id="",
        kind="",
        name="",
        time=0,
        received_at=0,
        **page_fields(Kind.TRACK, {}, context),
        browser=agent.browser,
        os=agent.os or label(_part(context, "os").get("name")),
        device=agent.device,
        country=country(header="", located="", time_zone=_time_zone(context)),
        language=label(context.get("locale")) or label(language),
        library=label(_part(context, "library").get("name")),
        context=json_text(kept),
    )
    return Surroundings(context, kept, event)


def read_text(text: bytes, user_agent: str, language: str, keep_bots: bool) -> Surroundings:
    """As `read`, of a context as it was sent."""
    if len(text) > _CACHED_BYTES:
        return _read_text(text, user_agent, language, keep_bots)
    return _remembered(text, user_agent, language, keep_bots)


def _read_text(text: bytes, user_agent: str, language: str, keep_bots: bool) -> Surroundings:
    context = cleaning.mapping(_decoded(text), "context")
    return read(context, user_agent, language, keep_bots)


_remembered = functools.lru_cache(_CACHED)(_read_text)


def _decoded(text: bytes) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        return loose_json.parse(text)
    except (ValueError, RecursionError) as error:
        raise Refused("context is not valid JSON.", "context") from error


def placed(found: Surroundings, *, source: ClientInfo, options: Options, received: int) -> Event:
    """The beginning of each event of a request with these surroundings, received at this microsecond."""
    context = found.context
    address, header = visitor(context.get("ip"), source)
    event = copy_event(found.event)
    event.received_at = received
    located = options.country_of(address) if address else ""
    if header or located:
        event.country = country(header=header, located=located, time_zone=_time_zone(context))
    if options.keep_addresses and address:
        event.context = json_text({**found.kept, "ip": address})
    return event


def _time_zone(context: Mapping[str, Any]) -> str:
    return cleaning.text(context.get("timezone"))


def label(value: object) -> str:
    return cleaning.text(value, MAX_LABEL)


def json_text(value: Mapping[str, Any]) -> str:
    return encode(value).decode() if value else "{}"


def _part(context: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    return cleaning.mapping(context.get(name), f"context.{name}")
