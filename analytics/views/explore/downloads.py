"""Answers to take away: the numbers as CSV, a chart as SVG; and how an answer is computed."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import Actor
from accounts.errors import NotFound
from accounts.permissions import Capability
from analytics.kinds.base import Spec
from analytics.queries import storage
from analytics.queries.answers import table_of
from analytics.queries.cohorts import named_in
from analytics.queries.run import explain, run_query
from analytics.tabular import cells_of
from analytics.views.doors import entered, viewable
from analytics.views.explore.answering import links_in
from analytics.views.explore.asked import spec_of
from analytics.views.explore.cohorts import Names, named
from analytics.views.explore.page import common
from analytics.views.explore.posters import Poster, poster_of
from analytics.views.explore.present import blocks_for
from analytics.views.explore.questions import QUESTIONS
from analytics.views.tables import as_csv, as_download


@require_safe
def answer_csv(request: HttpRequest, organization: str, project: str, kind: str) -> HttpResponse:
    """The whole answer as one table, as the API has it; a text that looks like a formula is kept as text."""
    found = viewable(request, organization, project)
    answer = run_query(project=found, spec=_spec(request, kind, named_in(found)), actor=Actor.of(request))
    return as_csv(f"{found.slug}-{kind}", cells_of(table_of(answer)))


@require_safe
def chart_svg(request: HttpRequest, organization: str, project: str, kind: str, place: int) -> HttpResponse:
    """The chart at a place of the answer, with its title and legend."""
    found = viewable(request, organization, project)
    names = named_in(found)
    spec = _spec(request, kind, names)
    answer = run_query(project=found, spec=spec, actor=Actor.of(request))
    blocks = blocks_for(*named(spec, answer.result, names), found.zone, links_in(found))
    poster = poster_of(blocks[place], found.name) if place < len(blocks) else None
    if poster is None:
        raise NotFound("There is no chart at this place.")
    return as_download(_drawn(request, poster), f"{found.slug}-{kind}-{place + 1}.svg")


@require_safe
def explanation(request: HttpRequest, organization: str, project: str, kind: str) -> HttpResponse:
    """What was estimated and read, and what the engine was told."""
    found = entered(request, organization, project, Capability.EXPLAIN_QUERIES)
    spec = _spec(request, kind, named_in(found))
    explained = explain(project=found, spec=spec, actor=Actor.of(request))
    context: dict[str, Any] = {
        **common(found),
        "question": QUESTIONS[kind],
        "explained": explained,
        "provenance": explained.answer.provenance,
        "zone": found.zone,
        "engine": "ClickHouse" if storage.clickhouse_address() else "DuckDB",
        "back_href": links_in(found).question(spec),
    }
    return render(request, "analytics/explore/explanation.html", context)


def _spec(request: HttpRequest, kind: str, names: Names) -> Spec:
    if kind not in QUESTIONS:
        raise NotFound("There is no such question.")
    return spec_of(kind, request.GET, names)


def _drawn(request: HttpRequest, poster: Poster) -> HttpResponse:
    return render(request, "analytics/explore/poster.svg", {"poster": poster}, content_type="image/svg+xml")
