"""Make a cohort, or change one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.access import Actor
from accounts.errors import Invalid
from accounts.permissions import Capability
from analytics import access
from analytics.models import Cohort, Project, PropertyDefinition
from analytics.queries import suggestions
from analytics.queries.cohorts import named_in
from analytics.services import cohorts
from analytics.services.cohorts import Content
from analytics.views.cohorts.form import items_of
from analytics.views.cohorts.listed import pasted, uploaded
from analytics.views.cohorts.rows import DONE, conditions_of, fresh, rows_of
from analytics.views.doors import entered
from analytics.views.explore.codec import tree_of
from analytics.views.explore.cohorts import by_id, by_name
from analytics.views.explore.tree import grown, without
from analytics.views.labels import COHORT_WORDS, FILTER_FIELDS

ADD, REMOVE, LIST = "add", "remove", "list"
_OWN = {ADD, REMOVE, "csrfmiddlewaretoken"}
MOST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Draft:
    """What the form holds: texts, and the rows of the conditions or the ids of a list."""

    is_list: bool
    name: str = ""
    description: str = ""
    rows: list[Any] = field(default_factory=list)
    people: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)


@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HttpRequest, organization: str, project: str) -> HttpResponse:
    found = entered(request, organization, project, Capability.EDIT_COHORTS)
    draft = Draft(is_list=LIST in request.GET, rows=[fresh(DONE)])
    return _edited(request, found, None, draft)


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, organization: str, project: str, cohort_id: int) -> HttpResponse:
    found = entered(request, organization, project, Capability.EDIT_COHORTS)
    cohort = access.cohort(found, cohort_id=cohort_id)
    cohorts.require_seen(actor=Actor.of(request), project=found, conditions=cohort.conditions)
    people = "\n".join(cohort.people or ())
    draft = Draft(cohort.is_list, cohort.name, cohort.description, rows_of(cohort.conditions or ()), people)
    return _edited(request, found, cohort, draft)


def _edited(request: HttpRequest, project: Project, cohort: Cohort | None, draft: Draft) -> HttpResponse:
    if request.method != "POST":
        return _page(request, project, cohort, draft)
    sent = _sent(request, project, draft.is_list)
    if ADD in request.POST or REMOVE in request.POST:
        return _page(request, project, cohort, sent)
    try:
        saved = _save(request, project, cohort, sent)
    except Invalid as error:
        wrong = Draft(sent.is_list, sent.name, sent.description, sent.rows, sent.people, _messages(error))
        return _page(request, project, cohort, wrong, status=422)
    messages.success(request, f"“{saved.name}” is saved.")
    return redirect("cohort", project.organization.slug, project.slug, saved.pk)


def _sent(request: HttpRequest, project: Project, is_list: bool) -> Draft:
    """What was sent, with a row more or less where that was asked for."""
    given = request.POST
    if REMOVE in given:
        pairs = without(given, given[REMOVE], leaving_out=_OWN)
    else:
        pairs = [(name, given[name]) for name in given if name not in _OWN]
    tree = grown(tree_of(pairs), given.get(ADD, ""), fresh)
    rows = by_id(tree.get("conditions"), named_in(project))
    return Draft(
        is_list,
        str(tree.get("name", "")),
        str(tree.get("description", "")),
        rows if isinstance(rows, list) else [],
        str(given.get("people", "")),
    )


def _save(request: HttpRequest, project: Project, cohort: Cohort | None, sent: Draft) -> Cohort:
    actor = Actor.of(request)
    if sent.is_list:
        file = request.FILES.get("file")
        people = pasted(sent.people) + (uploaded(file.read()) if file else [])
        content = Content(sent.name, sent.description, people=people)
    else:
        content = Content(sent.name, sent.description, conditions=conditions_of(sent.rows))
    if cohort is None:
        return cohorts.create(project=project, actor=actor, content=content)
    return cohorts.change(cohort=cohort, actor=actor, content=content)


def _messages(error: Invalid) -> dict[str, str]:
    return {item.field: item.message for item in error.fields}


def _page(
    request: HttpRequest, project: Project, cohort: Cohort | None, draft: Draft, *, status: int = 200
) -> HttpResponse:
    names = {pk: name for pk, name in named_in(project).items() if cohort is None or pk != cohort.pk}
    traits = PropertyDefinition.objects.filter(
        project=project, hidden=False, subject=PropertyDefinition.Subject.PERSON
    )
    context = {
        "project": project,
        "organization": project.organization,
        "section": "cohorts",
        "cohort": cohort,
        "draft": draft,
        "group": items_of(by_name(draft.rows, names), draft.errors, names),
        "here": request.get_full_path(),
        "back": _back(project, cohort),
        "suggested": suggestions.of(project),
        "fields": tuple(FILTER_FIELDS.items()),
        "cohorts": [f"{COHORT_WORDS}{name}" for name in names.values()],
        "traits": [
            f"person.{name}" for name in traits.order_by("name").values_list("name", flat=True)[:MOST_SHOWN]
        ],
    }
    return render(request, "analytics/cohorts/editor.html", context, status=status)


def _back(project: Project, cohort: Cohort | None) -> str:
    where = [project.organization.slug, project.slug]
    return reverse("cohort", args=[*where, cohort.pk]) if cohort else reverse("cohorts", args=where)
