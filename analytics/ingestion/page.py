"""Where an event happened and what brought its person there: page, referrer, campaign, source, channel."""

import functools
from collections.abc import Mapping
from typing import Any, NamedTuple

from analytics.contracts import VIEW_KINDS, Kind
from analytics.ingestion import cleaning
from analytics.ingestion.enrichment import addresses, sources, table

MAX_TITLE = 500
MAX_TAG = 200
# What a server says, which knows of no page.
_NOWHERE = {"source": table.DIRECT, "channel": table.DIRECT}
_TAGS = {
    "utm_source": "source",
    "utm_medium": "medium",
    "utm_campaign": "name",
    "utm_term": "term",
    "utm_content": "content",
}
_NO_CAMPAIGN = ("",) * len(_TAGS)
_CACHED = 4096


def page_fields(kind: Kind, properties: Mapping[str, Any], context: Mapping[str, Any]) -> Mapping[str, str]:
    """The event's columns from `url` to `utm_content`.

    A page call says in its properties where it is; every other call only in `context.page`, since a property named
    url may be anything. A screen without an address has its name as path.
    """
    page = cleaning.mapping(context.get("page"), "context.page")
    if not page and kind not in VIEW_KINDS and "campaign" not in context:
        return _NOWHERE
    if kind is Kind.PAGE:
        page = {**page, **properties}
    said = _Said(
        cleaning.text(page.get("url")),
        cleaning.text(page.get("referrer")),
        cleaning.text(page.get("search")),
        cleaning.text(page.get("path")),
        cleaning.text(page.get("title"), MAX_TITLE),
        cleaning.text(properties.get("name")) if kind is Kind.SCREEN else "",
        _campaign(cleaning.mapping(context.get("campaign"), "context.campaign")),
    )
    return _located(said)


class _Said(NamedTuple):
    """What a call says of where it happened, as text; `screen` is a screen's name."""

    url: str
    referrer: str
    search: str
    path: str
    title: str
    screen: str
    campaign: tuple[str, ...]


def _campaign(found: Mapping[str, Any]) -> tuple[str, ...]:
    """What a campaign says, in the order of _TAGS."""
    return tuple(cleaning.text(found.get(part), MAX_TAG) for part in _TAGS.values()) if found else _NO_CAMPAIGN


# The same pages come again and again.
@functools.lru_cache(_CACHED)
def _located(said: _Said) -> Mapping[str, str]:
    address = addresses.parse(said.url)
    query = addresses.query(said.search) or address.query
    referrer_host = addresses.parse(said.referrer).host
    path = said.path or cleaning.storable(address.path) or said.screen
    tags = {
        tag: given or cleaning.text(query.get(tag), MAX_TAG)
        for tag, given in zip(_TAGS, said.campaign, strict=True)
    }
    source, channel = sources.classify(
        utm_source=tags["utm_source"],
        utm_medium=tags["utm_medium"],
        click=sources.click_of(query),
        referrer_host=referrer_host,
        page_host=address.host,
    )
    return {
        "url": said.url,
        "host": cleaning.storable(address.host),
        "path": path.partition("?")[0].partition("#")[0],
        "title": said.title,
        "referrer": said.referrer,
        "referrer_host": cleaning.storable(referrer_host),
        "source": cleaning.storable(source),
        "channel": channel,
        **tags,
    }
