"""Events as they arrive, and how many people are there now."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import Actor
from analytics.models import Project
from analytics.queries import current, live
from analytics.templatetags.formats import short_day
from analytics.views.doors import viewable
from analytics.views.values import value_label


@require_safe
def page(request: HttpRequest, organization: str, project: str) -> HttpResponse:
    found = viewable(request, organization, project)
    return render(request, "analytics/live.html", _context(request, found))


@require_safe
def events(request: HttpRequest, organization: str, project: str) -> HttpResponse:
    """The part of the page that changes, polled by htmx."""
    found = viewable(request, organization, project)
    return render(request, "analytics/live/events.html", _context(request, found))


def _context(request: HttpRequest, project: Project) -> dict[str, object]:
    now = timezone.now().astimezone(project.zone)
    arrived = live.recent(project=project, actor=Actor.of(request))
    return {
        "project": project,
        "organization": project.organization,
        "section": "live",
        "visitors": current.visitors(project=project, now=now),
        "now": f"{now:%H:%M:%S}",
        "events": [
            {
                "event": event,
                "time": _when(event.time.astimezone(project.zone), now),
                "country": value_label("country", event.country) if event.country else "",
            }
            for event in arrived
        ],
    }


def _when(moment: datetime, now: datetime) -> str:
    """The time of day, with the day where it is not today's."""
    time = f"{moment:%H:%M:%S}"
    return time if moment.date() == now.date() else f"{short_day(moment)}, {time}"
