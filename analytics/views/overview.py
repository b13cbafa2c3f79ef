"""The overview of a project: one page that answers, and the panels that it is made of."""

from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import Actor
from accounts.errors import DeadlineExceeded, NotFound
from analytics.kinds.overview import OverviewResult, Panel
from analytics.models import Project
from analytics.queries import current, health
from analytics.queries.cohorts import named_in
from analytics.queries.run import frame_in, run_query
from analytics.views import start
from analytics.views.address import Address
from analytics.views.controls import controls
from analytics.views.doors import viewable
from analytics.views.figures import picture, tile
from analytics.views.labels import PANELS, REGION_LABELS, REGIONS
from analytics.views.rankings import ranking

SUMMARY = "summary"


@require_safe
def page(request: HttpRequest, organization: str, project: str) -> HttpResponse:
    found = viewable(request, organization, project)
    address = Address.of(request.GET)
    if "apply" in request.GET:
        return redirect(overview_url(found) + address.with_new_filter(request.GET).query)
    if not health.has_events(found):
        return start.waiting_page(request, found)
    spec = address.spec(panels=[Panel.FIGURES])
    now = timezone.now()
    context = {
        **common(found, address),
        "section": "overview",
        "controls": controls(address, spec, found, now, named_in(found)),
        "health": health.health(found, now=now),
        "kept_from": frame_in(found, spec, now=now).kept_from,
        "regions": [{"name": name, "label": label} for name, label in REGION_LABELS.items()],
        "full": "full" in request.GET,
        "visitors_now": current.visitors(project=found, now=now),
    }
    if context["full"]:
        context |= everything(found, Actor.of(request), address)
    return render(request, "analytics/overview.html", context)


@require_safe
def panel(request: HttpRequest, organization: str, project: str, region: str) -> HttpResponse:
    """One panel, loaded by htmx; a switch of its tab or metric also becomes the page's address."""
    found = viewable(request, organization, project)
    if region != SUMMARY and region not in REGIONS:
        raise NotFound("There is no such panel.")
    switched = "switch" in request.GET
    address = _switched(request, region) if switched else Address.of(request.GET)
    response = render(
        request, _template(region), _panel_context(found, Actor.of(request), address, region, switched=switched)
    )
    if switched:
        response["HX-Push-Url"] = overview_url(found) + address.query
    return response


def overview_url(project: Project) -> str:
    return reverse("overview", args=[project.organization.slug, project.slug])


def ask(project: Project, actor: Actor, address: Address, panels: list[Panel], limit: int = 10) -> OverviewResult:
    """The answer to what the address asks; raises Invalid for an address that makes no sense."""
    spec = address.spec(panels=panels, limit=limit)
    result = run_query(project=project, spec=spec, actor=actor).result
    if not isinstance(result, OverviewResult):
        raise TypeError("An overview spec has an overview result.")
    return result


def common(project: Project, address: Address) -> dict[str, Any]:
    return {
        "project": project,
        "organization": project.organization,
        "overview_url": overview_url(project),
        "query": address.query,
    }


def everything(project: Project, actor: Actor, address: Address) -> dict[str, Any]:
    """All panels in one query, for a page without JavaScript."""
    result = ask(project, actor, address, of_page(address))
    by_panel = {table.panel: table for table in result.tables}
    regions = [region_context(address, region, by_panel[address.tabs[region]]) for region in REGIONS]
    return {**summary_context(project, address, result), "regions": regions}


def of_page(address: Address) -> list[Panel]:
    """What the page shows at once. Its panels all ask for this, so that one computation answers them."""
    return [Panel.FIGURES, Panel.CHART, *(address.tabs[region] for region in REGIONS)]


def summary_context(project: Project, address: Address, result: OverviewResult) -> dict[str, Any]:
    return {
        "tiles": [tile(figure, address) for figure in result.figures or ()],
        "picture": picture(result.chart, project.zone) if result.chart else None,
    }


def region_context(address: Address, region: str, table: Any) -> dict[str, Any]:
    tabs = [
        {
            "panel": choice.value,
            "label": PANELS[choice],
            "query": address.showing(region, choice).query,
            "current": choice == address.tabs[region],
        }
        for choice in REGIONS[region]
    ]
    return {
        "name": region,
        "label": REGION_LABELS[region],
        "tabs": tabs if len(tabs) > 1 else [],
        "ranking": ranking(table, address),
    }


def _panel_context(
    project: Project, actor: Actor, address: Address, region: str, *, switched: bool
) -> dict[str, Any]:
    own = [Panel.FIGURES, Panel.CHART] if region == SUMMARY else [address.tabs[region]]
    try:
        result = ask(project, actor, address, own if switched else of_page(address))
    except DeadlineExceeded:
        # The whole page is too much: each panel for itself, and fails alone.
        result = ask(project, actor, address, own)
    if region == SUMMARY:
        return {**common(project, address), **summary_context(project, address, result)}
    table = next(table for table in result.tables if table.panel == address.tabs[region])
    return {**common(project, address), "region": region_context(address, region, table)}


def _switched(request: HttpRequest, region: str) -> Address:
    """The address that the browser shows, with the one choice that was clicked."""
    query = QueryDict(urlsplit(request.headers.get("HX-Current-URL", "")).query, mutable=True)
    name = "metric" if region == SUMMARY else region
    query[name] = request.GET.get(name, "")
    return Address.of(query)


def _template(region: str) -> str:
    return "analytics/overview/summary.html" if region == SUMMARY else "analytics/overview/region.html"
