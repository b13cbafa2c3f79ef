"""The overview of a project: one page that answers."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.access import Actor
from accounts.permissions import Capability
from analytics import access


def page(request: HttpRequest, organization: str, project: str) -> HttpResponse:
    found = access.project_by_slug(
        Actor.of(request), organization=organization, slug=project, capability=Capability.VIEW_DATA
    )
    return render(request, "analytics/overview.html", {"project": found, "section": "overview"})
