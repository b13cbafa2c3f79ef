"""A whole ranked table: searched, paged, and as CSV; the chart as CSV and SVG."""

import csv
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from accounts.access import Actor
from accounts.errors import NotFound
from analytics.kinds.overview import Metric, Panel, Table
from analytics.models import Project
from analytics.views.address import Address
from analytics.views.doors import viewable
from analytics.views.figures import picture
from analytics.views.labels import METRICS, PANELS
from analytics.views.overview import ask, common
from analytics.views.rankings import ranking
from analytics.views.sorting import DEFAULT, headings, sorted_by

# What one query returns at most; a search looks through these.
MOST_ROWS = 1000
PAGE_ROWS = 50


@require_safe
def table(request: HttpRequest, organization: str, project: str, panel: str) -> HttpResponse:
    found = viewable(request, organization, project)
    address = Address.of(request.GET)
    sort = request.GET.get("sort", DEFAULT)
    answer = sorted_by(_table(found, Actor.of(request), address, panel), sort)
    whole = ranking(answer, address)
    search = request.GET.get("search", "").strip()
    own = [("search", search)] if search else []
    chosen = [("sort", sort)] if sort != DEFAULT else []
    rows = [row for row in whole.rows if search.lower() in row.label.lower()]
    context = {
        **common(found, address),
        "section": "overview",
        "ranking": whole,
        "page": Paginator(rows, PAGE_ROWS).get_page(request.GET.get("page")),
        "search": search,
        "cut": whole.total_rows > len(whole.rows),
        "hidden": [*address.pairs(), *chosen],
        "headings": headings(answer, sort),
        "sort_query": "?" + urlencode([*address.pairs(), *own]),
        "page_query": "?" + urlencode([*address.pairs(), *own, *chosen]),
    }
    return render(request, "analytics/table.html", context)


@require_safe
def table_csv(request: HttpRequest, organization: str, project: str, panel: str) -> HttpResponse:
    found = viewable(request, organization, project)
    answer = _table(found, Actor.of(request), Address.of(request.GET), panel)
    header = [PANELS[answer.panel].lower(), *answer.columns, "share"]
    rows = ([row.value, *row.metrics, row.share] for row in answer.rows)
    return as_csv(f"{found.slug}-{slugify(PANELS[answer.panel])}", [header, *rows])


@require_safe
def chart_csv(request: HttpRequest, organization: str, project: str) -> HttpResponse:
    found = viewable(request, organization, project)
    chart = ask(found, Actor.of(request), Address.of(request.GET), [Panel.CHART]).chart
    if chart is None:
        raise NotFound("There is no chart.")
    rows: list[list[Any]] = [["start", "end", chart.metric.value, "previous", "incomplete"]]
    for point in chart.points:
        ends = (_moment(found, point.start), _moment(found, point.end))
        rows.append([*ends, point.value, point.previous, "yes" if point.incomplete else "no"])
    return as_csv(f"{found.slug}-{chart.metric.value}", rows)


@require_safe
def chart_svg(request: HttpRequest, organization: str, project: str) -> HttpResponse:
    found = viewable(request, organization, project)
    chart = ask(found, Actor.of(request), Address.of(request.GET), [Panel.CHART]).chart
    if chart is None:
        raise NotFound("There is no chart.")
    context = {"picture": picture(chart, found.zone), "title": f"{found.name}: {METRICS[chart.metric].label}"}
    response = render(request, "analytics/overview/chart.svg", context, content_type="image/svg+xml")
    return as_download(response, f"{found.slug}-{chart.metric.value}.svg")


def _table(project: Project, actor: Actor, address: Address, panel: str) -> Table:
    if panel not in PANELS:
        raise NotFound("There is no such table.")
    (answer,) = ask(project, actor, address, [Panel(panel)], limit=MOST_ROWS).tables
    return answer


def _moment(project: Project, moment: datetime) -> str:
    return moment.astimezone(project.zone).isoformat()


def as_csv(name: str, rows: Iterable[Iterable[Any]]) -> HttpResponse:
    """A download of rows, the first of which names the columns."""
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    csv.writer(response).writerows([[_cell(value) for value in row] for row in rows])
    return as_download(response, f"{name}.csv")


def _cell(value: Any) -> Any:
    """A text that a spreadsheet would take for a formula is kept as text: strangers write these values."""
    if isinstance(value, Metric):
        return value.value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and value[:1] in "=+-@\t\r" and value:
        return f"'{value}"
    return value


def as_download(response: HttpResponse, name: str) -> HttpResponse:
    """The answer as a file of this name."""
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
