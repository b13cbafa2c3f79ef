"""Questions that are kept: saved from the page that asks them, opened on it again, changed and deleted."""

import json
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.access import Actor
from accounts.errors import FieldError, Invalid
from accounts.permissions import Capability
from analytics import access
from analytics.models import Insight, Project, Visibility
from analytics.services import insights
from analytics.services.insights import Content
from analytics.views.doors import entered, viewable
from analytics.views.explore.codec import pairs_of
from analytics.views.explore.questions import QUESTIONS


@require_safe
def open_(request: HttpRequest, organization: str, project: str, insight: UUID) -> HttpResponse:
    """The page that asks it; or a page that says why it cannot be asked there."""
    found = viewable(request, organization, project)
    kept = access.insight(Actor.of(request), found, insight_id=insight)
    if kept.spec.get("kind") in QUESTIONS:
        return redirect(address_of(found, kept))
    context = {"project": found, "organization": found.organization, "section": "explore", "insight": kept}
    return render(request, "analytics/explore/unknown.html", context)


@require_POST
def create(request: HttpRequest, organization: str, project: str) -> HttpResponse:
    found = entered(request, organization, project, Capability.EDIT_INSIGHTS)
    visibility = Visibility.PRIVATE if "private" in request.POST else Visibility.ORGANIZATION
    content = Content(name=request.POST.get("name", "").strip(), visibility=visibility, spec=_spec(request))
    kept = insights.create(project=found, actor=Actor.of(request), content=content)
    messages.success(request, f"“{kept.name}” is saved.")
    return redirect(address_of(found, kept))


@require_POST
def change(request: HttpRequest, organization: str, project: str, insight: UUID) -> HttpResponse:
    found = entered(request, organization, project, Capability.EDIT_INSIGHTS)
    kept = access.insight(Actor.of(request), found, insight_id=insight)
    content = Content(name=request.POST.get("name", kept.name).strip(), spec=_spec(request))
    kept = insights.change(insight=kept, actor=Actor.of(request), content=content)
    messages.success(request, f"“{kept.name}” is changed. Its history keeps what it was.")
    return redirect(address_of(found, kept))


@require_POST
def delete(request: HttpRequest, organization: str, project: str, insight: UUID) -> HttpResponse:
    found = entered(request, organization, project, Capability.EDIT_INSIGHTS)
    kept = access.insight(Actor.of(request), found, insight_id=insight)
    insights.delete(insight=kept, actor=Actor.of(request))
    messages.success(request, f"“{kept.name}” is deleted.")
    return redirect("explore", found.organization.slug, found.slug)


def href_of(project: Project, insight: Insight) -> str:
    """Its own page, which leads to the one that asks it."""
    return reverse("explore_saved", args=[project.organization.slug, project.slug, insight.pk])


def address_of(project: Project, insight: Insight) -> str:
    """Where an insight of a known kind is asked."""
    spec: dict[str, Any] = {name: value for name, value in insight.spec.items() if name != "kind"}
    path = reverse("explore_kind", args=[project.organization.slug, project.slug, insight.spec["kind"]])
    return f"{path}?{urlencode([*pairs_of(spec), ('insight', str(insight.pk))])}"


def _spec(request: HttpRequest) -> dict[str, Any]:
    """The question that the page sent along, as JSON."""
    try:
        spec = json.loads(request.POST.get("spec", ""))
    except json.JSONDecodeError:
        spec = None
    if not isinstance(spec, dict):
        raise Invalid("The question is not JSON.", fields=[FieldError("spec", "Must be an object.")])
    return spec
