"""Umami's export of a website: `website_event.csv`, alone or in its zip. Every row is a page view or an event.

A session is the anonymous id, a distinct id the user id; times are UTC. The properties of custom events lie in
another file of the export (`event_data.csv`) and are not read.
"""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from analytics.ingestion.files import csv_table, names
from analytics.ingestion.files.source import START, FileProblem, Mark, Row, Source, message_id
from analytics.ingestion.normalize import RawCall

MEMBER = "website_event.csv"
_NEEDED = ("session_id", "created_at", "event_type", "url_path")
_PAGE_VIEW, _CUSTOM = "1", "2"
_KNOWN = ("browser", "os", "device", "country", "language")
_TAGS = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
_ABSENT = frozenset({"", "\\N", "NULL", "null"})


def rows(source: Source, *, start: Mark = START) -> Iterator[Row]:
    """The events of an export. Raises FileProblem where it lacks a column."""
    header, found = csv_table.records(source, start=start)
    missing = [name for name in _NEEDED if name not in header]
    if missing:
        raise FileProblem(f"{source.name} is not Umami's {MEMBER}: it has no column '{missing[0]}'.")
    return (_row(header, record) for record in found)


def _row(header: list[str], record: csv_table.Record) -> Row:
    number, cells, after = record
    if isinstance(cells, str):
        return Row(number, None, cells, after)
    values = {name: cell for name, cell in zip(header, cells, strict=True) if cell not in _ABSENT}
    kind = values.get("event_type", "")
    if kind not in {_PAGE_VIEW, _CUSTOM}:
        return Row(
            number, None, f"events of type {kind or 'none'} are neither page views nor custom events", after
        )
    known = names.known({column: values.get(column, "") for column in _KNOWN})
    return Row(number, cast("RawCall", _call(values, kind, number)), after=after, known=known)


def _call(values: Mapping[str, str], kind: str, number: int) -> dict[str, Any]:
    identity = values.get("event_id") or message_id(number, "\x1f".join(values.values()))
    properties = {"tag": values["tag"]} if "tag" in values else {}
    return {
        "type": "page" if kind == _PAGE_VIEW else "track",
        "event": values.get("event_name", ""),
        "messageId": identity,
        "timestamp": values.get("created_at", ""),
        "anonymousId": values.get("session_id", ""),
        "userId": values.get("distinct_id", ""),
        "properties": properties,
        "context": {"page": _page(values), "campaign": _campaign(values)},
    }


def _page(values: Mapping[str, str]) -> dict[str, str]:
    host, path = values.get("hostname", ""), values.get("url_path", "")
    query = values.get("url_query", "").removeprefix("?")
    search = f"?{query}" if query else ""
    domain = values.get("referrer_domain", "")
    came_by = values.get("referrer_query", "").removeprefix("?")
    referrer = f"https://{domain}{values.get('referrer_path', '')}" if domain else ""
    return {
        "url": f"https://{host}{path}{search}" if host else "",
        "path": path,
        "search": search,
        "title": values.get("page_title", ""),
        "referrer": f"{referrer}?{came_by}" if referrer and came_by else referrer,
    }


def _campaign(values: Mapping[str, str]) -> dict[str, str]:
    """As a call has it: `utm_campaign` is its name."""
    found = {tag.removeprefix("utm_"): values[tag] for tag in _TAGS if tag in values}
    return {"name" if part == "campaign" else part: value for part, value in found.items()}
