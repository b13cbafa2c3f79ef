"""The page where people ask: choose a kind, fill in its form, look at the answer."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.access import Actor
from accounts.errors import Forbidden, NotFound
from accounts.permissions import Capability
from analytics import access
from analytics.fields import FIELDS
from analytics.kinds import KINDS
from analytics.kinds.base import Spec
from analytics.models import Insight, Project
from analytics.queries import suggestions
from analytics.queries.cohorts import named_in
from analytics.services import query_runs
from analytics.views.doors import viewable
from analytics.views.explore.answering import answer_to, state_of
from analytics.views.explore.asked import ADD, INSIGHT, REMOVE, RUN, asked_of
from analytics.views.explore.cohorts import Names, by_name
from analytics.views.explore.form import offering, parts_of
from analytics.views.explore.questions import QUESTIONS
from analytics.views.explore.tree import grown, without
from analytics.views.labels import COHORT_WORDS, PERIODS, field_label

PAGE_ROWS = 25


@require_safe
def index(request: HttpRequest, organization: str, project: str) -> HttpResponse:
    """The kinds of questions."""
    found = viewable(request, organization, project)
    search = request.GET.get("search", "").strip()
    kept = access.insights(Actor.of(request), found).select_related("updated_by")
    kept = kept.filter(name__icontains=search.replace("\0", "")) if search else kept
    context = {
        **common(found),
        "questions": QUESTIONS.values(),
        "may_run_sql": Capability.RUN_SQL in Actor.of(request).capabilities_in(found.organization_id),
        "page": Paginator(kept, PAGE_ROWS).get_page(request.GET.get("page")),
        "search": search,
        "query": "?" + urlencode([("search", search)] if search else []),
    }
    return render(request, "analytics/explore/index.html", context)


@require_safe
def page(request: HttpRequest, organization: str, project: str, kind: str) -> HttpResponse:
    """One kind: its form and, where the form is filled in, the answer. The address alone makes the page."""
    found = viewable(request, organization, project)
    if kind not in QUESTIONS:
        raise NotFound("There is no such question.")
    if REMOVE in request.GET:
        pairs = without(request.GET, request.GET[REMOVE], leaving_out={REMOVE})
        return redirect(f"{_url(found, kind)}?{urlencode(pairs)}")
    is_fresh = not request.GET or ADD in request.GET
    names = named_in(found)
    asked = asked_of(kind, request.GET, names)
    shown = grown(asked.tree, request.GET.get(ADD, ""))
    context = {
        **common(found),
        "question": QUESTIONS[kind],
        "questions": QUESTIONS.values(),
        "definition": KINDS[kind].spec.definition,
        "parts": offering(
            parts_of(KINDS[kind].spec, by_name(shown, names), {} if is_fresh else asked.errors), names
        ),
        **_controls(found, shown, names),
        "errors": {} if is_fresh else asked.errors,
        "insight": insight_of(Actor.of(request), found, request.GET.get(INSIGHT, "")),
        "status": 200 if is_fresh else 422,
    }
    if asked.spec is not None:
        context |= _answer(request, found, asked.spec, names)
    response = render(request, "analytics/explore/page.html", context, status=context["status"])
    if context.get("wait"):
        response["Retry-After"] = context["wait"]
    return response


def common(project: Project) -> dict[str, Any]:
    return {"project": project, "organization": project.organization, "section": "explore"}


def insight_of(actor: Actor, project: Project, text: str) -> Insight | None:
    """The saved question that the address names; one that is gone leaves the question as it is."""
    try:
        return access.insight(actor, project, insight_id=UUID(text))
    except (ValueError, NotFound, Forbidden):
        return None


def _answer(request: HttpRequest, project: Project, spec: Spec, names: Names) -> dict[str, Any]:
    """Of the run that the address names, if it is of this question and still known; else asked now."""
    actor = Actor.of(request)
    try:
        run = access.query_run(actor, project, run_id=UUID(request.GET.get(RUN, "")))
    except (ValueError, NotFound):
        return answer_to(project, actor, spec, names)
    if run.spec != spec.model_dump(mode="json"):
        return answer_to(project, actor, spec, names)
    return state_of(project, actor, query_runs.refreshed(run=run), names)


def _url(project: Project, kind: str) -> str:
    return reverse("explore_kind", args=[project.organization.slug, project.slug, kind])


def _controls(project: Project, tree: dict[str, Any], names: Names) -> dict[str, Any]:
    """What the inputs of every kind need: the period, and what to suggest."""
    period = tree.get("period")
    period = period if isinstance(period, dict) else {}
    return {
        "period": period,
        "periods": PERIODS,
        "fields": [(name, field_label(name)) for name in FIELDS],
        "cohorts": [f"{COHORT_WORDS}{name}" for name in names.values()],
        "suggested": suggestions.of(project),
    }
