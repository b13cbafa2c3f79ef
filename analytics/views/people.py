"""The page of a person and that of a group: what is known of them, and what they did."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.access import Actor
from accounts.permissions import Capability
from analytics.kinds.base import By
from analytics.kinds.explorer import EventsResult, Order
from analytics.kinds.explorer.result import EventRow
from analytics.models import Project
from analytics.queries import profiles, timelines
from analytics.templatetags.formats import ABSENT, moment, weekday_and_day
from analytics.views.doors import viewable
from analytics.views.explore.answering import links_in
from analytics.views.explore.links import Links
from analytics.views.explore.page import common
from analytics.views.values import value_label

_ORDERS = {Order.NEWEST: "Newest first", Order.OLDEST: "Oldest first"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One event of a timeline; `other` is the group that it names, or the person who did it, and its page."""

    time: str
    kind: str
    name: str
    place: str
    from_where: str
    properties: tuple[tuple[str, Any], ...]
    other: str
    other_href: str


@never_cache
@require_safe
def person(request: HttpRequest, organization: str, project: str, person: str) -> HttpResponse:
    """By any id of theirs."""
    found = viewable(request, organization, project)
    actor = Actor.of(request)
    known = profiles.person(project=found, identifier=person, actor=actor)
    timeline = timelines.of_person(project=found, identifier=known.person, asked=_asked(request), actor=actor)
    may_export = Capability.EXPORT_PEOPLE in actor.capabilities_in(found.organization_id)
    privacy = reverse("privacy", args=[organization, project])
    context = {
        **_profile(found, known, known.person, "Person"),
        **_timeline(request, found, timeline, of=By.PERSON),
        "ids": [(one.id, one.by, _moment(one.since, found.zone)) for one in known.ids],
        "privacy_href": f"{privacy}?{urlencode({'person': known.person})}" if may_export else "",
    }
    return render(request, "analytics/profile.html", context)


@never_cache
@require_safe
def group(request: HttpRequest, organization: str, project: str, group: str) -> HttpResponse:
    found = viewable(request, organization, project)
    actor = Actor.of(request)
    known = profiles.group(project=found, identifier=group, actor=actor)
    timeline = timelines.of_group(project=found, identifier=known.group, asked=_asked(request), actor=actor)
    context = {
        **_profile(found, known, known.group, "Group"),
        **_timeline(request, found, timeline, of=By.GROUP),
    }
    return render(request, "analytics/profile.html", context)


def _asked(request: HttpRequest) -> dict[str, str]:
    """The part of the timeline that the address asks for."""
    return {name: request.GET[name] for name in ("search", "order", "after") if request.GET.get(name)}


def _profile(
    project: Project, known: profiles.Person | profiles.Group, identifier: str, what: str
) -> dict[str, Any]:
    name = known.traits.get("name") or known.traits.get("email")
    return {
        **common(project),
        "what": what,
        "identifier": identifier,
        "name": str(name or identifier),
        "traits": sorted((key, _text(value)) for key, value in known.traits.items()),
        "facts": [
            ("First seen", _moment(known.first_seen_at, project.zone)),
            ("Last seen", _moment(known.last_seen_at, project.zone)),
            ("Traits last set", _moment(known.last_described_at, project.zone)),
        ],
    }


def _timeline(request: HttpRequest, project: Project, timeline: EventsResult, *, of: By) -> dict[str, Any]:
    """The events by day, and the addresses of this part, of the first and of the next."""
    links, zone = links_in(project), project.zone
    by_day = groupby(timeline.events, key=lambda row: row.time.astimezone(zone).date())
    kept = {name: value for name, value in _asked(request).items() if name != "after"}
    follow = {**kept, "after": timeline.next}
    return {
        "days": [(weekday_and_day(day), [_entry(row, zone, links, of) for row in rows]) for day, rows in by_day],
        "search": kept.get("search", ""),
        "order": kept.get("order", Order.NEWEST.value),
        "orders": [(order.value, label) for order, label in _ORDERS.items()],
        "first_href": f"?{urlencode(kept)}" if "after" in _asked(request) else "",
        "next_href": f"?{urlencode(follow)}" if timeline.next else "",
    }


def _entry(row: EventRow, zone: ZoneInfo, links: Links, of: By) -> Entry:
    own = row.columns
    other = own["group_id"] if of is By.PERSON else own["person"]
    other_by = By.GROUP if of is By.PERSON else By.PERSON
    country = value_label("country", own["country"]) if own["country"] else ""
    return Entry(
        time=f"{row.time.astimezone(zone):%H:%M:%S}",
        kind=own["kind"],
        name=own["name"],
        place=own["title"] or own["path"],
        from_where=" · ".join(text for text in (own["source"], country, own["device"]) if text),
        properties=tuple((key, _text(value)) for key, value in (own["properties"] or {}).items()),
        other=other,
        other_href=links.profile(other, other_by) if other else "",
    )


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {_text(one)}" for key, one in value.items())
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ABSENT if value is None else str(value)


def _moment(value: datetime | None, zone: ZoneInfo) -> str:
    return moment(value.astimezone(zone) if value else None)
