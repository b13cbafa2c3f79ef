"""Saved insights: listed, made, changed, deleted, restored and asked."""

from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http.response import HttpResponseBase
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import Actor
from accounts.permissions import Capability
from analytics import access
from analytics.api.formats import JSON
from analytics.api.insight_serializers import InsightChangeSerializer, InsightInput, InsightSerializer
from analytics.api.queries import FILES, LATER, PREFER, Answers, asked
from analytics.api.query_schema import ANSWER_SCHEMA
from analytics.kinds import parse_spec
from analytics.models import Insight, InsightChange, Visibility
from analytics.queries.sensitive import hidden_from
from analytics.sensitive import naming
from analytics.services import insights
from analytics.services.insights import Content

_TAGS = ["insights"]


class InsightFilter(filters.FilterSet):
    search = filters.CharFilter(method="mentioning", label="A part of the name or description.")
    is_favourite = filters.BooleanFilter()
    visibility = filters.ChoiceFilter(choices=Visibility.choices)
    kind = filters.CharFilter(field_name="spec__kind", label="The kind of query.")

    def mentioning(self, rows: "QuerySet[Insight]", name: str, text: str) -> "QuerySet[Insight]":  # noqa: ARG002
        return rows.filter(Q(name__icontains=text) | Q(description__icontains=text))


class InsightsView(ListAPIView[Insight]):
    """A project's saved insights, newest first."""

    serializer_class = InsightSerializer
    filterset_class = InsightFilter
    queryset = Insight.objects.none()

    def get_queryset(self) -> "QuerySet[Insight]":
        actor = Actor.of(self.request)
        project = access.project(actor, project_id=self.kwargs["project_id"], capability=Capability.VIEW_DATA)
        return access.insights(actor, project).select_related("created_by", "updated_by")

    @extend_schema(tags=_TAGS, operation_id="insights_list", summary="List saved insights")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    @extend_schema(
        tags=_TAGS,
        operation_id="insights_create",
        summary="Save an insight",
        request=InsightInput,
        responses={201: InsightSerializer, 400: OpenApiResponse(description="A field is wrong; it is named.")},
    )
    def post(self, request: Request, project_id: int) -> Response:
        actor = Actor.of(request)
        project = access.project(actor, project_id=project_id, capability=Capability.EDIT_INSIGHTS)
        made = insights.create(project=project, actor=actor, content=_content(request))
        return Response(InsightSerializer(made).data, status=201)


class InsightView(APIView):
    """One saved insight."""

    @extend_schema(
        tags=_TAGS, operation_id="insights_get", summary="Get a saved insight", responses=InsightSerializer
    )
    def get(self, request: Request, project_id: int, insight_id: UUID) -> Response:
        return Response(InsightSerializer(_entered(request, project_id, insight_id)).data)

    @extend_schema(
        tags=_TAGS,
        operation_id="insights_update",
        summary="Change a saved insight",
        description="Only what is given changes.",
        request=InsightInput,
        responses=InsightSerializer,
    )
    def patch(self, request: Request, project_id: int, insight_id: UUID) -> Response:
        insight = _entered(request, project_id, insight_id, Capability.EDIT_INSIGHTS)
        changed = insights.change(insight=insight, actor=Actor.of(request), content=_content(request))
        return Response(InsightSerializer(changed).data)

    @extend_schema(
        tags=_TAGS,
        operation_id="insights_delete",
        summary="Delete a saved insight",
        description="Its history stays, and it can be restored.",
        responses={204: None},
    )
    def delete(self, request: Request, project_id: int, insight_id: UUID) -> Response:
        insight = _entered(request, project_id, insight_id, Capability.EDIT_INSIGHTS)
        insights.delete(insight=insight, actor=Actor.of(request))
        return Response(status=204)


class InsightResultView(Answers):
    """The answer to a saved insight."""

    @extend_schema(
        tags=_TAGS,
        operation_id="insights_result",
        summary="Ask a saved insight",
        description="As its query would answer.",
        parameters=[PREFER],
        responses={
            (200, JSON): OpenApiResponse(ANSWER_SCHEMA, description="The result and its provenance."),
            **FILES,
            202: LATER,
            400: OpenApiResponse(description="This version cannot ask its spec any more; what is wrong is named."),
        },
    )
    def get(self, request: Request, project_id: int, insight_id: UUID) -> HttpResponseBase:
        insight = _entered(request, project_id, insight_id)
        return asked(request, Actor.of(request), insight.project, parse_spec(insight.spec))


class InsightHistoryView(APIView):
    """What became of an insight, the latest first; also of one that was deleted.

    What it was while it asked about what is hidden from you, is left out.
    """

    @extend_schema(
        tags=_TAGS,
        operation_id="insights_history",
        summary="The history of an insight",
        responses=InsightChangeSerializer(many=True),
    )
    def get(self, request: Request, project_id: int, insight_id: UUID) -> Response:
        insight = _entered(request, project_id, insight_id, with_deleted=True)
        hidden = hidden_from(Actor.of(request), insight.project)
        changes = InsightChange.objects.filter(insight=insight).select_related("by", "by_key")[:1000]
        shown = [change for change in changes if not naming(change.spec, hidden)]
        return Response(InsightChangeSerializer(shown, many=True).data)


class InsightRestoreView(APIView):
    """Take changes back."""

    @extend_schema(
        tags=_TAGS,
        operation_id="insights_restore",
        summary="Restore an insight",
        description="To what it was from the change of this number on; also one that was deleted.",
        request=None,
        responses=InsightSerializer,
    )
    def post(self, request: Request, project_id: int, insight_id: UUID, number: int) -> Response:
        insight = _entered(request, project_id, insight_id, Capability.EDIT_INSIGHTS, with_deleted=True)
        restored = insights.restore(insight=insight, actor=Actor.of(request), number=number)
        return Response(InsightSerializer(restored).data)


def _entered(
    request: Request,
    project_id: int,
    insight_id: UUID,
    capability: Capability = Capability.VIEW_DATA,
    *,
    with_deleted: bool = False,
) -> Insight:
    actor = Actor.of(request)
    project = access.project(actor, project_id=project_id, capability=capability)
    return access.insight(actor, project, insight_id=insight_id, with_deleted=with_deleted)


def _content(request: Request) -> Content:
    given = InsightInput(data=request.data)
    given.is_valid(raise_exception=True)
    return Content(**given.validated_data)
