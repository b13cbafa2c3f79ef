"""Matomo's visits with their actions: what `Live.getLastVisitsDetails` answers as JSON.

    [{"idSite": "1", "idVisit": "7", "visitorId": "9f…", "referrerUrl": "…", "browserName": "Firefox",
      "actionDetails": [{"type": "action", "url": "…", "pageTitle": "…", "timestamp": 1524676958}]}]

The visitor is the anonymous id, Matomo's user id the user id. A page view (`action`) is a page; events, downloads,
outlinks, searches, goals and orders are tracked under names of their own. The first action of a visit carries the
visit's referrer and campaign. `Mark.offset` counts actions.
"""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, cast

from analytics.ingestion.files import names
from analytics.ingestion.files.json_array import objects
from analytics.ingestion.files.source import START, FileProblem, Mark, Row, Source, message_id
from analytics.ingestion.normalize import RawCall

# Matomo's type of an action → our event, and which of its fields are properties under which name.
TRACKED: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "event": ("", {"eventCategory": "category", "eventName": "name", "eventValue": "value"}),
    "download": ("Download", {"url": "url"}),
    "outlink": ("Outbound link", {"url": "url"}),
    "search": (
        "Site search",
        {"siteSearchKeyword": "keyword", "siteSearchCategory": "category", "siteSearchCount": "results"},
    ),
    "goal": ("Goal", {"goalName": "goal", "goalId": "goal_id", "revenue": "revenue"}),
    "ecommerceOrder": (
        "Order",
        {
            "orderId": "order_id", "revenue": "revenue", "revenueSubTotal": "subtotal", "revenueTax": "tax",
            "revenueShipping": "shipping", "revenueDiscount": "discount", "items": "items",
        },
    ),
    "ecommerceAbandonedCart": ("Cart abandoned", {"revenue": "revenue", "items": "items"}),
}  # fmt: skip
_PAGE_VIEW = "action"
_NUMBERS = frozenset({"value", "results", "revenue", "subtotal", "tax", "shipping", "discount", "items"})
_KNOWN = {
    "browserName": "browser",
    "operatingSystemName": "os",
    "deviceType": "device",
    "countryCode": "country",
    "languageCode": "language",
}
_CAMPAIGN = {
    "campaignName": "name",
    "campaignSource": "source",
    "campaignMedium": "medium",
    "campaignContent": "content",
    "campaignKeyword": "term",
}


def rows(source: Source, *, start: Mark = START) -> Iterator[Row]:
    """The actions of all visits. Raises FileProblem where the file is no list of visits, or Matomo's refusal."""
    found = _rows(source)
    first = next(found, None)
    if first is None:
        raise FileProblem(f"{source.name} holds no visit.")
    return islice(_chained(first, found), start.offset, None)


def _chained(first: Row, rest: Iterator[Row]) -> Iterator[Row]:
    yield first
    yield from rest


def _rows(source: Source) -> Iterator[Row]:
    count = 0
    for number, visit in enumerate(objects(source), start=1):
        if "idVisit" not in visit and "actionDetails" not in visit:
            raise FileProblem(
                f"{source.name} is not Matomo's list of visits: object {number} has no actionDetails."
            )
        for row in _of_visit(number, visit):
            count += 1
            yield row._replace(after=Mark(count))


def _of_visit(number: int, visit: Mapping[str, Any]) -> Iterator[Row]:
    actions = visit.get("actionDetails")
    if not isinstance(actions, list) or not actions:
        yield Row(number, None, f"visit {visit.get('idVisit')} has no actions")
        return
    known = names.known({ours: _text(visit.get(theirs)) for theirs, ours in _KNOWN.items()})
    for place, action in enumerate(actions):
        call = _call(visit, action, place) if isinstance(action, dict) else None
        if call is None:
            kind = action.get("type") if isinstance(action, dict) else None
            yield Row(number, None, f"visit {visit.get('idVisit')}: an action of type {kind} is not kept")
        else:
            yield Row(number, cast("RawCall", call), known=known)


def _call(visit: Mapping[str, Any], action: Mapping[str, Any], place: int) -> dict[str, Any] | None:
    """The call of an action; None for a type that stands for nothing here."""
    kind = _text(action.get("type"))
    if kind != _PAGE_VIEW and kind not in TRACKED:
        return None
    visit_id = _text(visit.get("idVisit"))
    name, fields = TRACKED.get(kind, ("", {}))
    return {
        "type": "page" if kind == _PAGE_VIEW else "track",
        "event": name or _text(action.get("eventAction")),
        "messageId": message_id(place, f"matomo {visit.get('idSite')} {visit_id}"),
        "timestamp": _seconds(action.get("timestamp")),
        "anonymousId": _text(visit.get("visitorId")) or f"visit_{visit_id}",
        "userId": _text(visit.get("userId")),
        "properties": _properties(action, fields),
        "context": _context(visit, action, kind, is_first=place == 0),
    }


def _context(visit: Mapping[str, Any], action: Mapping[str, Any], kind: str, *, is_first: bool) -> dict[str, Any]:
    title = _text(action.get("pageTitle")) if kind == _PAGE_VIEW else ""
    # Of a download or an outlink, the address is the target's.
    url = "" if kind in {"download", "outlink"} else _text(action.get("url"))
    page = {"url": url, "title": title}
    context: dict[str, Any] = {"page": page}
    if is_first:
        page["referrer"] = _text(visit.get("referrerUrl"))
        campaign = {ours: _text(visit.get(theirs)) for theirs, ours in _CAMPAIGN.items()}
        if visit.get("referrerType") == "campaign":
            campaign["name"] = campaign["name"] or _text(visit.get("referrerName"))
            campaign["term"] = campaign["term"] or _text(visit.get("referrerKeyword"))
        context["campaign"] = {part: value for part, value in campaign.items() if value}
    return context


def _properties(action: Mapping[str, Any], fields: Mapping[str, str]) -> dict[str, Any]:
    found = {ours: action.get(theirs) for theirs, ours in fields.items()}
    return {
        name: _number(value) if name in _NUMBERS else value
        for name, value in found.items()
        if value is not None and value != ""
    }


def _number(value: Any) -> Any:
    """Matomo writes many numbers as text."""
    if not isinstance(value, str):
        return value
    try:
        return float(value) if "." in value else int(value)
    except ValueError:
        return value


def _seconds(value: Any) -> Any:
    return int(value) if isinstance(value, str) and value.isdecimal() else value


def _text(value: Any) -> str:
    """Text or a number as text; what Matomo leaves false or null is empty."""
    if isinstance(value, bool) or value is None:
        return ""
    return str(value).strip() if isinstance(value, str | int | float) else ""
