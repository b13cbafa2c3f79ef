"""The history that another tool exported as totals a day."""

from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import Actor
from accounts.permissions import Capability
from analytics.queries.imported_totals import FIGURES, totals
from analytics.views.doors import viewable


@require_safe
def page(request: HttpRequest, organization: str, project: str) -> HttpResponse:
    found = viewable(request, organization, project)
    answer = totals(project=found, topic=request.GET.get("topic", ""), number=request.GET.get("page"))
    context = {
        "project": found,
        "organization": found.organization,
        "section": "settings",
        "tab": "imported",
        "totals": answer,
        "may_import": Capability.IMPORT_DATA in Actor.of(request).capabilities_in(found.organization_id),
    }
    if answer is not None:
        context["page_query"] = f"?topic={quote(answer.topic)}"
        context["figures"] = [FIGURES[name] for name in answer.figures]
        context["labels"] = [name.replace("_", " ").capitalize() for name in answer.labels]
        context["rows"] = [
            {
                "day": row.day,
                "labels": [row.labels.get(name, "") for name in answer.labels],
                "figures": [row.figures.get(name) for name in answer.figures],
            }
            for row in answer.page
        ]
    return render(request, "analytics/imported.html", context)
