"""Cohorts: listed, made, changed, deleted, computed, and who is in one."""

from typing import Any

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import Actor
from accounts.permissions import Capability
from analytics import access
from analytics.api.cohort_serializers import (
    CohortInput,
    CohortSerializer,
    MembersQuerySerializer,
    MembersSerializer,
)
from analytics.cohorts.definition import EXAMPLE
from analytics.models import Cohort
from analytics.queries import cohorts as queries
from analytics.queries.sensitive import hidden_from
from analytics.querysets import CohortQuerySet
from analytics.sensitive import NOTHING
from analytics.services import cohorts
from analytics.services.cohorts import Content

_TAGS = ["cohorts"]
_WRONG = OpenApiResponse(description="A field is wrong; it is named, as `conditions.0.field`.")
_EXAMPLES = [
    OpenApiExample("conditions", value=EXAMPLE, request_only=True),
    OpenApiExample("list", value={"name": "Beta testers", "people": ["ada", "bob"]}, request_only=True),
]


class CohortFilter(filters.FilterSet):
    search = filters.CharFilter(method="mentioning", label="A part of the name or description.")
    state = filters.ChoiceFilter(choices=Cohort.State.choices)

    def mentioning(self, rows: CohortQuerySet, name: str, text: str) -> CohortQuerySet:  # noqa: ARG002
        return rows.mentioning(text)


class CohortsView(ListAPIView[Cohort]):
    """A project's cohorts, newest first."""

    serializer_class = CohortSerializer
    filterset_class = CohortFilter
    queryset = Cohort.objects.none()
    hidden = NOTHING

    def get_queryset(self) -> "QuerySet[Cohort]":
        project = access.project(
            Actor.of(self.request), project_id=self.kwargs["project_id"], capability=Capability.VIEW_DATA
        )
        self.hidden = hidden_from(Actor.of(self.request), project)
        return Cohort.objects.of(project.pk).select_related("created_by", "updated_by")

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "hidden": self.hidden}

    @extend_schema(tags=_TAGS, operation_id="cohorts_list", summary="List cohorts")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    @extend_schema(
        tags=_TAGS,
        operation_id="cohorts_create",
        summary="Make a cohort",
        description="Of people who meet conditions, or of a list of ids. Who is in it is computed within seconds.",
        request=CohortInput,
        examples=_EXAMPLES,
        responses={201: CohortSerializer, 400: _WRONG},
    )
    def post(self, request: Request, project_id: int) -> HttpResponseBase:
        actor = Actor.of(request)
        project = access.project(actor, project_id=project_id, capability=Capability.EDIT_COHORTS)
        made = cohorts.create(project=project, actor=actor, content=_content(request))
        return Response(_shown(request, made), status=201)


class CohortView(APIView):
    """One cohort."""

    @extend_schema(tags=_TAGS, operation_id="cohorts_get", summary="Get a cohort", responses=CohortSerializer)
    def get(self, request: Request, project_id: int, cohort_id: int) -> Response:
        return Response(_shown(request, _entered(request, project_id, cohort_id)))

    @extend_schema(
        tags=_TAGS,
        operation_id="cohorts_update",
        summary="Change a cohort",
        description="Only what is given changes. With other conditions or people, it is computed anew, and until "
        "then it cannot be asked.",
        request=CohortInput,
        examples=_EXAMPLES,
        responses={200: CohortSerializer, 400: _WRONG},
    )
    def patch(self, request: Request, project_id: int, cohort_id: int) -> Response:
        cohort = _entered(request, project_id, cohort_id, Capability.EDIT_COHORTS)
        changed = cohorts.change(cohort=cohort, actor=Actor.of(request), content=_content(request))
        return Response(_shown(request, changed))

    @extend_schema(
        tags=_TAGS,
        operation_id="cohorts_delete",
        summary="Delete a cohort",
        responses={204: None, 409: OpenApiResponse(description="What needs it is named.")},
    )
    def delete(self, request: Request, project_id: int, cohort_id: int) -> Response:
        cohort = _entered(request, project_id, cohort_id, Capability.EDIT_COHORTS)
        cohorts.delete(cohort=cohort, actor=Actor.of(request))
        return Response(status=204)


class CohortComputeView(APIView):
    """Compute it now."""

    @extend_schema(
        tags=_TAGS,
        operation_id="cohorts_compute",
        summary="Compute a cohort now",
        description="Within seconds; until then, who was in it is in it. Look for another `as_of`.",
        request=None,
        responses={202: CohortSerializer},
    )
    def post(self, request: Request, project_id: int, cohort_id: int) -> Response:
        cohort = _entered(request, project_id, cohort_id, Capability.EDIT_COHORTS)
        cohorts.request(cohort=cohort)
        cohort.refresh_from_db()
        return Response(_shown(request, cohort), status=202)


class CohortMembersView(APIView):
    """Who is in it."""

    @extend_schema(
        tags=_TAGS,
        operation_id="cohorts_members",
        summary="Who is in a cohort",
        description="In no order that means anything, but in the same on every page.",
        parameters=[MembersQuerySerializer],
        responses={200: MembersSerializer, 400: OpenApiResponse(description="A parameter is not valid.")},
    )
    def get(self, request: Request, project_id: int, cohort_id: int) -> Response:
        cohort = _entered(request, project_id, cohort_id)
        asked = MembersQuerySerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        values, actor = asked.validated_data, Actor.of(request)
        if values["person"]:
            page = queries.member(cohort, values["person"], actor=actor)
        else:
            page = queries.members(cohort, after=values["after"], limit=values["limit"], actor=actor)
        found = {"as_of": cohort.as_of, "size": cohort.size, "members": page.members, "next": page.next}
        return Response(MembersSerializer(found).data)


def _entered(
    request: Request, project_id: int, cohort_id: int, capability: Capability = Capability.VIEW_DATA
) -> Cohort:
    project = access.project(Actor.of(request), project_id=project_id, capability=capability)
    return access.cohort(project, cohort_id=cohort_id)


def _shown(request: Request, cohort: Cohort) -> Any:
    context = {"hidden": hidden_from(Actor.of(request), cohort.project)}
    return CohortSerializer(cohort, context=context).data


def _content(request: Request) -> Content:
    given = CohortInput(data=request.data)
    given.is_valid(raise_exception=True)
    return given.content()
