"""A question that takes longer: the part of the page that says how far it is, and its end by a click."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.access import Actor
from analytics import access
from analytics.kinds import parse_spec
from analytics.models import Project, QueryRun
from analytics.queries.cohorts import named_in
from analytics.services import query_runs
from analytics.views.doors import viewable
from analytics.views.explore.answering import links_in, state_of
from analytics.views.explore.asked import INSIGHT, RUN
from analytics.views.explore.page import common, insight_of


@require_safe
def progress(request: HttpRequest, organization: str, project: str, run: UUID) -> HttpResponse:
    """Polled by htmx until it is the answer."""
    found = viewable(request, organization, project)
    item = query_runs.refreshed(run=access.query_run(Actor.of(request), found, run_id=run))
    return _part(request, found, item)


@require_POST
def cancel(request: HttpRequest, organization: str, project: str, run: UUID) -> HttpResponse:
    """End the computation; without htmx, back to the page of the question."""
    found = viewable(request, organization, project)
    item = access.query_run(Actor.of(request), found, run_id=run)
    query_runs.cancel(run=item)
    item.refresh_from_db()
    if request.headers.get("HX-Request"):
        return _part(request, found, item)
    return redirect(f"{links_in(found).question(parse_spec(item.spec))}&{RUN}={item.pk}")


def _part(request: HttpRequest, project: Project, run: QueryRun) -> HttpResponse:
    context: dict[str, Any] = {
        **common(project),
        **state_of(project, Actor.of(request), run, named_in(project)),
        "insight": insight_of(Actor.of(request), project, request.GET.get(INSIGHT, "")),
    }
    return render(request, "analytics/explore/answer.html", context)
