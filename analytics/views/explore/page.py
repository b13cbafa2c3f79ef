"""The page where people ask: choose a kind, fill in its form, look at the answer."""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.access import Actor
from accounts.errors import DeadlineExceeded, Invalid, NotFound, NotReady
from accounts.permissions import Capability
from analytics import access
from analytics.kinds import KINDS, parse_spec
from analytics.kinds.base import Spec
from analytics.kinds.fields import FIELDS
from analytics.models import Insight, Project
from analytics.queries import suggestions
from analytics.queries.answers import Answer
from analytics.queries.cohorts import named_in
from analytics.queries.run import run_query
from analytics.views.doors import viewable
from analytics.views.explore.codec import tree_of
from analytics.views.explore.cohorts import Names, by_id, by_name, named
from analytics.views.explore.form import offering, parts_of
from analytics.views.explore.present import blocks_for
from analytics.views.explore.questions import QUESTIONS
from analytics.views.explore.tree import grown, without
from analytics.views.labels import COHORT_WORDS, PERIODS, field_label

ADD, REMOVE, INSIGHT = "add", "remove", "insight"
PAGE_ROWS = 25
DEFAULT_PERIOD = "30d"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks: its tree, the spec if it is one, the errors by path if it is none."""

    tree: dict[str, Any]
    spec: Spec | None = None
    errors: dict[str, str] = field(default_factory=dict)


@require_safe
def index(request: HttpRequest, organization: str, project: str) -> HttpResponse:
    """The kinds of questions."""
    found = viewable(request, organization, project)
    search = request.GET.get("search", "").strip()
    kept = Insight.objects.filter(project=found, deleted_at=None).select_related("updated_by")
    kept = kept.filter(name__icontains=search.replace("\0", "")) if search else kept
    context = {
        **_common(found),
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
    given = by_id(tree_of((name, request.GET[name]) for name in request.GET if name not in {ADD, INSIGHT}), names)
    asked = _asked(kind, given or _start(kind))
    shown = grown(asked.tree, request.GET.get(ADD, ""))
    context = {
        **_common(found),
        "question": QUESTIONS[kind],
        "questions": QUESTIONS.values(),
        "definition": KINDS[kind].spec.definition,
        "parts": offering(
            parts_of(KINDS[kind].spec, by_name(shown, names), {} if is_fresh else asked.errors), names
        ),
        **_controls(found, shown, names),
        "errors": {} if is_fresh else asked.errors,
        "insight": _insight(found, request.GET.get(INSIGHT, "")),
        "may_save": Capability.EDIT_INSIGHTS in Actor.of(request).capabilities_in(found.organization_id),
    }
    status = 200
    if asked.spec is not None:
        context |= _answer(found, asked.spec, names)
    elif not is_fresh:
        status = 422
    return render(request, "analytics/explore/page.html", context, status=status)


def _url(project: Project, kind: str) -> str:
    return reverse("explore_kind", args=[project.organization.slug, project.slug, kind])


def _common(project: Project) -> dict[str, Any]:
    return {"project": project, "organization": project.organization, "section": "explore"}


def _insight(project: Project, text: str) -> Insight | None:
    """The saved question that the address names; one that is gone leaves the question as it is."""
    try:
        return access.insight(project, insight_id=UUID(text))
    except (ValueError, NotFound):
        return None


def _start(kind: str) -> dict[str, Any]:
    """A question to begin with: the whole of the last days, where the kind needs nothing more."""
    base: dict[str, Any] = {"period": {"last": DEFAULT_PERIOD}}
    return {**base, "series": [{}]} if "series" in KINDS[kind].spec.model_fields else base


def _asked(kind: str, tree: dict[str, Any]) -> Asked:
    tree.setdefault("period", {"last": DEFAULT_PERIOD})
    try:
        return Asked(tree, parse_spec({**tree, "kind": kind}))
    except Invalid as error:
        return Asked(tree, errors={one.field: one.message for one in error.fields})


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


def _answer(project: Project, spec: Spec, names: Names) -> dict[str, Any]:
    """The answer as blocks, or why there is none."""
    try:
        answer: Answer = run_query(project=project, spec=spec)
    except DeadlineExceeded as error:
        return {"problem": f"{error} Choose fewer days, or ask for less of them."}
    except (Invalid, NotReady) as error:
        return {"problem": str(error)}
    return {
        "blocks": blocks_for(*named(spec, answer.result, names), project.zone),
        "provenance": answer.provenance,
        "spec_text": _text(spec),
    }


def _text(spec: Spec) -> str:
    """The question as the API takes it, without what is at its default."""
    own = spec.model_dump(mode="json", exclude_defaults=True, by_alias=True)
    return json.dumps({"kind": spec.kind, **own}, ensure_ascii=False)
