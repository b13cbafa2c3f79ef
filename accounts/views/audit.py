"""The audit log of an organization: filtered, searched, page by page, and as CSV."""

import csv
from datetime import date

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import access
from accounts.access import Actor
from accounts.audited import Action
from accounts.models import Organization
from accounts.permissions import Capability
from accounts.queries import audit
from accounts.queries.audit import Selection
from accounts.services import audit_exports

_PAGE = 50
_PARAMETERS = ("q", "action", "actor", "from", "to")


@never_cache
@require_safe
def page(request: HttpRequest, organization: str) -> HttpResponse:
    found = _entered(request, organization)
    selection = _selection(request.GET)
    query = QueryDict(mutable=True)
    for name in _PARAMETERS:
        if request.GET.get(name):
            query[name] = request.GET[name]
    listed = Paginator(audit.entries_of(found, selection), _PAGE).get_page(request.GET.get("page"))
    context = {
        "organization": found,
        "section": "keys",
        "tab": "audit",
        "page": listed,
        "rows": [(entry, audit.changes_of(entry)) for entry in listed],
        "selection": selection,
        "actions": Action.choices,
        "actors": audit.actors_of(found),
        "query": f"?{query.urlencode()}",
    }
    return render(request, "accounts/settings_audit.html", context)


@never_cache
@require_safe
def as_csv(request: HttpRequest, organization: str) -> HttpResponse:
    """What the page shows with the same parameters, all pages of it."""
    found = _entered(request, organization)
    actor, selection = Actor.of(request), _selection(request.GET)
    headers = {"Content-Disposition": f'attachment; filename="{found.slug}-audit.csv"'}
    response = HttpResponse(content_type="text/csv; charset=utf-8", headers=headers)
    csv.writer(response).writerows(audit_exports.rows(organization=found, actor=actor, selection=selection))
    return response


def _entered(request: HttpRequest, organization: str) -> Organization:
    return access.organization(Actor.of(request), slug=organization, capability=Capability.VIEW_AUDIT)


def _selection(given: QueryDict) -> Selection:
    """What the address asks for; a day that is none is not asked for."""
    return Selection(
        search=given.get("q", "").strip().replace("\0", ""),
        action=given.get("action", ""),
        actor=given.get("actor", "").replace("\0", ""),
        first=_day(given.get("from", "")),
        last=_day(given.get("to", "")),
    )


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 1970 <= day.year <= 9998 else None
