"""The list of cohorts, one cohort, and what can be done to it."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.access import Actor
from accounts.errors import Conflict, Invalid
from accounts.permissions import Capability
from analytics import access
from analytics.cohorts.definition import DEFINITION, parse
from analytics.models import Cohort, Project
from analytics.queries import cohorts as queries
from analytics.queries import sensitive
from analytics.services import cohorts
from analytics.views.cohorts.words import Sentence, sentences
from analytics.views.doors import entered, viewable

PAGE_ROWS = 25
MEMBER_ROWS = 50
# What a list may be ordered by, what the column is called, and whether it holds numbers.
SORTS = (("name", "Name", False), ("state", "State", False), ("size", "People", True), ("as_of", "As of", False))
UNFINISHED = (Cohort.State.WAITING, Cohort.State.COMPUTING)


@require_safe
def index(request: HttpRequest, organization: str, project: str) -> HttpResponse:
    """A project's cohorts: searched, sorted, page by page, all of it in the address."""
    found = viewable(request, organization, project)
    search = request.GET.get("search", "").strip().replace("\0", "")
    sort = request.GET.get("sort", "name")
    sort = sort if sort.removeprefix("-") in {name for name, *_ in SORTS} else "name"
    rows = Cohort.objects.of(found.pk).defer("people", "unknown_people")
    rows = rows.mentioning(search) if search else rows
    kept = {"search": search} if search else {}
    context = {
        **_common(request, found),
        "page": Paginator(rows.order_by(sort, "pk"), PAGE_ROWS).get_page(request.GET.get("page")),
        "search": search,
        "headings": [_heading(*one, sort) for one in SORTS],
        "sort_query": "?" + urlencode(kept),
        "query": "?" + urlencode({**kept, "sort": sort}),
    }
    return render(request, "analytics/cohorts/index.html", context)


def _heading(name: str, label: str, is_number: bool, sort: str) -> dict[str, Any]:
    order = {name: "ascending", f"-{name}": "descending"}.get(sort, "")
    return {"label": label, "is_number": is_number, "order": order, "sort": f"-{name}" if sort == name else name}


@require_safe
def detail(request: HttpRequest, organization: str, project: str, cohort_id: int) -> HttpResponse:
    """One cohort: what it is, how many are in it as of when, who, and who uses it."""
    found = viewable(request, organization, project)
    cohort = access.cohort(found, cohort_id=cohort_id)
    person = request.GET.get("person", "").strip()
    context = {
        **_common(request, found),
        "cohort": cohort,
        "is_unfinished": cohort.state in UNFINISHED,
        "sentences": _sentences(found, cohort, Actor.of(request)),
        "definition": DEFINITION,
        "members": _members(request, cohort, person),
        "person": person,
        "after": request.GET.get("after", ""),
        "users": queries.users_of(cohort, seen=access.insights(Actor.of(request), found)),
    }
    return render(request, "analytics/cohorts/detail.html", context)


def _members(request: HttpRequest, cohort: Cohort, person: str) -> queries.Page:
    if person:
        return queries.member(cohort, person, actor=Actor.of(request))
    after = request.GET.get("after", "")
    return queries.members(cohort, after=after, limit=MEMBER_ROWS, actor=Actor.of(request))


def _sentences(project: Project, cohort: Cohort, actor: Actor) -> tuple[Sentence, ...]:
    if cohort.is_list:
        return ()
    if fields := sensitive.withheld(cohort.conditions, sensitive.hidden_from(actor, project)):
        return (Sentence(f"Its conditions ask about what is sensitive ({', '.join(fields)}), and are not shown."),)
    try:
        return sentences(parse(cohort.conditions).conditions, queries.named_in(project))
    except Invalid as error:
        # Of a version that knew other conditions.
        return (Sentence(str(error)),)


@require_POST
def compute(request: HttpRequest, organization: str, project: str, cohort_id: int) -> HttpResponse:
    found = entered(request, organization, project, Capability.EDIT_COHORTS)
    cohort = access.cohort(found, cohort_id=cohort_id)
    cohorts.request(cohort=cohort)
    return redirect("cohort", organization, project, cohort.pk)


@require_POST
def delete(request: HttpRequest, organization: str, project: str, cohort_id: int) -> HttpResponse:
    found = entered(request, organization, project, Capability.EDIT_COHORTS)
    cohort = access.cohort(found, cohort_id=cohort_id)
    try:
        cohorts.delete(cohort=cohort, actor=Actor.of(request))
    except Conflict as error:
        messages.error(request, error.message)
        return redirect("cohort", organization, project, cohort.pk)
    messages.success(request, f"“{cohort.name}” is deleted.")
    return redirect("cohorts", organization, project)


def _common(request: HttpRequest, project: Project) -> dict[str, Any]:
    capabilities = Actor.of(request).capabilities_in(project.organization_id)
    return {
        "project": project,
        "organization": project.organization,
        "section": "cohorts",
        "may_edit": Capability.EDIT_COHORTS in capabilities,
    }
