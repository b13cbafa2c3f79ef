"""An insight by a public link: its answer, read only, for whoever has the link."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.errors import Invalid, NotShareable, PlumblineError, note
from accounts.services import key_limits
from analytics import access
from analytics.kinds import parse_spec
from analytics.models import InsightShare
from analytics.queries.cohorts import named_in
from analytics.queries.run import run_query
from analytics.services import shares
from analytics.views.explore.answering import links_in
from analytics.views.explore.cohorts import named
from analytics.views.explore.present import blocks_for
from analytics.views.explore.problems import problem_of
from analytics.views.explore.unlinked import unlinked

OPENED_A_MINUTE = 120
# Nobody but who was given the link is to hear of it.
_HEADERS = {
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "private, no-store",
}


@require_safe
def page(request: HttpRequest, token: str) -> HttpResponse:
    """The answer as it is now, as somebody may see it who may see nothing sensitive."""
    share = access.share(token)
    key_limits.take(key_id=share.pk, requests_a_minute=OPENED_A_MINUTE, of="share")
    context = {"insight": share.insight, "share": share, **_answer(share)}
    response = render(request, "analytics/shared.html", context, status=context["status"])
    for name, value in _HEADERS.items():
        response[name] = value
    if context.get("wait"):
        response["Retry-After"] = context["wait"]
    if share.may_embed:
        response.xframe_options_exempt = True
        response._csp_replace = {"frame-ancestors": ["*"]}  # type: ignore[attr-defined]  # and django-csp's
    return response


def _answer(share: InsightShare) -> dict[str, Any]:
    insight = share.insight
    project = insight.project
    try:
        shares.require_shareable(insight)
        spec = parse_spec(insight.spec)
        answer = run_query(project=project, spec=spec)
    except (NotShareable, Invalid):
        # What it asks was changed, or marked as sensitive, since the link was made.
        return {"gone": True, "status": 404}
    except PlumblineError as error:
        note(error)
        problem = problem_of(error.body["error"])
        return {"problem": problem, "status": error.status, "wait": error.headers.get("Retry-After")}
    blocks = blocks_for(*named(spec, answer.result, named_in(project)), project.zone, links_in(project))
    return {
        "blocks": [shown for block in blocks if (shown := unlinked(block)) is not None],
        "provenance": answer.provenance,
        "zone": project.zone,
        "status": 200,
    }
