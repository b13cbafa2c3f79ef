"""Plausible's stats API, for scripts that read it: `POST /api/v2/query`."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from pydantic import TypeAdapter
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import Actor
from accounts.api.authentication import SecretKeyAuthentication
from analytics import access
from analytics.api.query_schema import inlined
from analytics.plausible_stats.request import StatsQuery, parsed
from analytics.queries import plausible_stats

_LIST = {"type": "array", "items": {}}
_ROW = {"type": "object", "properties": {"metrics": _LIST, "dimensions": _LIST}}
_ANSWER = {
    "type": "object",
    "properties": {
        "results": {"type": "array", "items": _ROW},
        "meta": {"type": "object"},
        "query": {"type": "object"},
    },
}
_ERROR = OpenApiResponse({"type": "object", "properties": {"error": {"type": "string"}}})


class PlausibleStatsView(APIView):
    """Answers, and refuses, in Plausible's form."""

    authentication_classes = (SecretKeyAuthentication,)

    @extend_schema(
        operation_id="plausible_stats_query",
        summary="Plausible's stats query",
        tags=["queries"],
        description="For scripts that were written for Plausible's stats API. `site_id` is a site of a project "
        "or a project's slug. What cannot be said by our kinds of queries is refused with a sentence.",
        request={"application/json": inlined(TypeAdapter(StatsQuery).json_schema())},
        responses={200: OpenApiResponse(_ANSWER), 400: _ERROR, 401: _ERROR, 503: _ERROR},
        examples=[
            OpenApiExample(
                "by source",
                value={
                    "site_id": "example.com",
                    "metrics": ["visitors", "pageviews"],
                    "date_range": "7d",
                    "dimensions": ["visit:source"],
                },
                request_only=True,
            ),
            OpenApiExample(
                "goals",
                value={
                    "site_id": "example.com",
                    "metrics": ["visitors", "conversion_rate", "total_revenue"],
                    "date_range": "30d",
                    "dimensions": ["event:goal"],
                },
                request_only=True,
            ),
        ],
    )
    def post(self, request: Request) -> Response:
        actor = Actor.of(request)
        access.require_reading_key(actor)
        query = parsed(request.data)
        project = access.project_of_stats(actor, site_id=query.site_id)
        return Response(plausible_stats.answer(project=project, actor=actor, query=query, now=timezone.now()))

    def handle_exception(self, exc: Exception) -> Response:
        response = super().handle_exception(exc)
        error: Any = response.data.get("error") if isinstance(response.data, dict) else None
        if isinstance(error, dict):
            details = [f"{item['field']}: {item['message']}" for item in error.get("fields", ())]
            response.data = {"error": " ".join([error["message"], *details])}
        return response
