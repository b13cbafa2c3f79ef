"""A project without events: one instruction, a snippet to copy, and waiting for the first event."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import Actor
from accounts.permissions import Capability
from analytics.models import Project
from analytics.queries.health import has_events
from analytics.services import projects
from analytics.views.doors import entered, viewable

PLACEHOLDER = "YOUR_WRITE_KEY"


def waiting_page(request: HttpRequest, project: Project, *, key: str = "") -> HttpResponse:
    """`key` is the text of a write key that was just made: it is shown this once."""
    capabilities = Actor.of(request).capabilities_in(project.organization_id)
    context = {
        "project": project,
        "organization": project.organization,
        "section": "overview",
        "may_manage": Capability.MANAGE_KEYS in capabilities,
        "key": key,
        **snippets(key),
    }
    return render(request, "analytics/waiting.html", context)


def snippets(key: str = "") -> dict[str, str]:
    """What the snippet templates need: where to send, and with which key."""
    return {"base_url": settings.BASE_URL, "snippet_key": key or PLACEHOLDER}


@require_http_methods(["GET", "HEAD", "POST"])
def create_key(request: HttpRequest, organization: str, project: str) -> HttpResponse:
    """Make the first write key and show it in the snippet; a page that is loaded again makes no second one."""
    found = entered(request, organization, project, Capability.MANAGE_KEYS)
    if request.method != "POST":
        return redirect("overview", organization, project)
    _, text = projects.create_write_key(project=found, name="First key", actor=Actor.of(request))
    return waiting_page(request, found, key=text)


@require_safe
def arrived(request: HttpRequest, organization: str, project: str) -> HttpResponseBase:
    """Polled by the waiting page: nothing yet (204), or "load the page again"."""
    found = viewable(request, organization, project)
    response = HttpResponse(status=204)
    if has_events(found):
        response["HX-Redirect"] = request.build_absolute_uri("..")
        response.status_code = 200
    return response
