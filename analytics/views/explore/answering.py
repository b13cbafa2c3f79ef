"""What the page shows of an answer: its blocks, how far it is, or why there is none."""

import json
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from accounts.access import Actor
from accounts.errors import PlumblineError, note
from accounts.permissions import Capability
from analytics.kinds import parse_spec
from analytics.kinds.base import Spec
from analytics.models import Project, QueryRun
from analytics.queries.answers import Answer
from analytics.services import asking, query_runs
from analytics.views.explore.cohorts import Names, named
from analytics.views.explore.links import Links, own_of
from analytics.views.explore.present import blocks_for
from analytics.views.explore.problems import problem_of

_CANCELLED = {"code": "cancelled", "message": "The question was cancelled."}


def answer_to(project: Project, actor: Actor, spec: Spec, names: Names) -> dict[str, Any]:
    """The answer, if it is there in a moment; else the run that computes it. `status` is that of a page of it."""
    again = {"again_href": links_in(project).question(spec)}
    try:
        found = asking.answer_or_run(project=project, actor=actor, spec=spec, seconds=settings.PAGE_WAIT_SECONDS)
    except PlumblineError as error:
        note(error)
        problem = problem_of(error.body["error"])
        return {**again, "problem": problem, "status": error.status, "wait": error.headers.get("Retry-After")}
    if isinstance(found, QueryRun):
        return state_of(project, actor, found, names)
    return _shown(project, actor, found, names)


def state_of(project: Project, actor: Actor, run: QueryRun, names: Names) -> dict[str, Any]:
    """How a run stands, or its answer."""
    again = {"again_href": links_in(project).question(parse_spec(run.spec))}
    if not run.is_finished:
        ends = timedelta(seconds=settings.QUERY_SECONDS)
        return {**again, "run": run, "elapsed": _whole(run.created_at), "deadline": ends, "status": 200}
    if run.state == QueryRun.State.CANCELLED:
        return {**again, "problem": problem_of(_CANCELLED), "status": 200}
    if run.state == QueryRun.State.FAILED:
        return {**again, "problem": problem_of((run.error or {}).get("error", {})), "status": run.error_status}
    try:
        return _shown(project, actor, query_runs.answer_of(run), names)
    except PlumblineError as error:
        return {**again, "problem": problem_of(error.body["error"]), "status": error.status}


def links_in(project: Project) -> Links:
    return Links(reverse("overview", args=[project.organization.slug, project.slug]))


def _whole(since: datetime) -> int:
    """Whole seconds since a moment."""
    return max(0, int((timezone.now() - since).total_seconds()))


def _shown(project: Project, actor: Actor, answer: Answer, names: Names) -> dict[str, Any]:
    spec = parse_spec(answer.provenance.spec)
    links, granted = links_in(project), actor.capabilities_in(project.organization_id)
    blocks = blocks_for(*named(spec, answer.result, names), project.zone, links)
    return {
        "blocks": blocks,
        "drawn": [
            (place, block, links.question(spec, of=f"{place}.svg") if block.poster else "")
            for place, block in enumerate(blocks)
        ],
        "provenance": answer.provenance,
        "zone": project.zone,
        "spec_text": json.dumps(own_of(spec), ensure_ascii=False),
        "spec_json": json.dumps(answer.provenance.spec, ensure_ascii=False, indent=2),
        "csv_href": links.question(spec, of="answer.csv"),
        "explain_href": links.question(spec, of="explain/") if Capability.EXPLAIN_QUERIES in granted else "",
        "may_save": Capability.EDIT_INSIGHTS in granted,
        "may_share": Capability.SHARE_INSIGHTS in granted,
        "status": 200,
    }
