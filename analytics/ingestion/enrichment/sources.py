"""Source and channel of a visit (definitions: Session), by the rules of `table.py`. Campaign tags come first."""

import functools
from collections.abc import Mapping

from analytics.ingestion.enrichment import table
from analytics.ingestion.enrichment.addresses import bare

_CACHED = 8192
_ANY_COUNTRY = ".*"
# A country's ending has one or two labels: de, co.uk, com.br.
_MAX_ENDING = 6

_BY_HOST = {host: source for source in table.SOURCES for host in source.hosts if not host.endswith(_ANY_COUNTRY)}
_BY_FAMILY = {
    host.removesuffix(_ANY_COUNTRY): source
    for source in table.SOURCES
    for host in source.hosts
    if host.endswith(_ANY_COUNTRY)
}
_BY_TAG = {name: source for source in table.SOURCES for name in (source.name.lower(), *source.tags, *source.hosts)}


@functools.lru_cache(_CACHED)
def classify(
    *, utm_source: str, utm_medium: str, click: str, referrer_host: str, page_host: str
) -> tuple[str, str]:
    """Source and channel, both as shown. `click` is what `click_of` says of the address.

    A referrer of the page's own host is no source.
    """
    if bare(referrer_host) == bare(page_host):
        referrer_host = ""
    known = _BY_TAG.get(utm_source.lower()) if utm_source else of_host(referrer_host)
    name = known.name if known else (utm_source or bare(referrer_host))
    if click == table.PAID:
        return name or table.DIRECT, table.PAID
    medium = utm_medium.lower().replace("_", "-").replace(" ", "-")
    channel = table.MEDIA.get(medium) or click or (known.channel if known else "")
    return name or table.DIRECT, channel or (table.REFERRAL if name else table.DIRECT)


def click_of(query: Mapping[str, str]) -> str:
    """The channel that an id in a query string gives away: Paid, Email, or none."""
    if not query:
        return ""
    for channel, ids in ((table.PAID, table.CLICK_IDS), (table.EMAIL, table.EMAIL_IDS)):
        if not query.keys().isdisjoint(ids):
            return channel
    return ""


@functools.lru_cache(_CACHED)
def of_host(host: str) -> table.Source | None:
    """The known source of a host: the most specific row wins, so mail.google.com is not Google."""
    labels = host.split(".")
    for start in range(len(labels)):
        if found := _BY_HOST.get(".".join(labels[start:])) or _of_family(labels[start:]):
            return found
    return None


def _of_family(labels: list[str]) -> table.Source | None:
    for length in (1, 2):
        ending = labels[-length:]
        if len(labels) > length and len(".".join(ending)) <= _MAX_ENDING:
            found = _BY_FAMILY.get(".".join(labels[:-length]))
            if found:
                return found
    return None
