"""Where an event happened and what brought its person there: page, referrer, campaign, source, channel."""

from collections.abc import Mapping
from typing import Any

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


def page_fields(kind: Kind, properties: Mapping[str, Any], context: Mapping[str, Any]) -> dict[str, Any]:
    """The event's columns from `url` to `utm_content`.

    A page call says in its properties where it is; every other call only in `context.page`, since a property named
    url may be anything. A screen without an address has its name as path.
    """
    page = cleaning.mapping(context.get("page"), "context.page")
    if not page and kind not in VIEW_KINDS and "campaign" not in context:
        return _NOWHERE
    if kind is Kind.PAGE:
        page = {**page, **properties}
    url = cleaning.text(page.get("url"))
    referrer = cleaning.text(page.get("referrer"))
    address = addresses.parse(url)
    query = addresses.query(cleaning.text(page.get("search"))) or address.query
    referrer_host = addresses.parse(referrer).host
    path = cleaning.text(page.get("path")) or cleaning.storable(address.path)
    if kind is Kind.SCREEN and not path:
        path = cleaning.text(properties.get("name"))
    tags = _tags(cleaning.mapping(context.get("campaign"), "context.campaign"), query)
    source, channel = sources.classify(
        utm_source=tags["utm_source"],
        utm_medium=tags["utm_medium"],
        click=sources.click_of(query),
        referrer_host=referrer_host,
        page_host=address.host,
    )
    return {
        "url": url,
        "host": cleaning.storable(address.host),
        "path": path.partition("?")[0].partition("#")[0],
        "title": cleaning.text(page.get("title"), MAX_TITLE),
        "referrer": referrer,
        "referrer_host": cleaning.storable(referrer_host),
        "source": cleaning.storable(source),
        "channel": channel,
        **tags,
    }


def _tags(campaign: Mapping[str, Any], query: Mapping[str, str]) -> dict[str, str]:
    return {
        tag: cleaning.text(campaign.get(part), MAX_TAG) or cleaning.text(query.get(tag), MAX_TAG)
        for tag, part in _TAGS.items()
    }
