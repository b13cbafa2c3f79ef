"""What is known of a person or a group, and what they did."""

from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import Actor
from accounts.errors import FieldError, Invalid
from accounts.permissions import Capability
from analytics import access
from analytics.api.definition_serializers import (
    GroupSerializer,
    PersonSerializer,
    TimelineQuerySerializer,
    TimelineSerializer,
)
from analytics.queries import profiles, timelines


class PersonView(APIView):
    @extend_schema(
        tags=["people"],
        operation_id="people_get",
        summary="A person's ids and traits, and when they were seen",
        description="By any id of theirs.",
        responses={200: PersonSerializer, 404: OpenApiResponse(description="Nothing is known of this id.")},
    )
    def get(self, request: Request, project_id: int, person: str) -> Response:
        actor = Actor.of(request)
        project = access.project(actor, project_id=project_id, capability=Capability.VIEW_DATA)
        return Response(PersonSerializer(profiles.person(project=project, identifier=person, actor=actor)).data)


class GroupView(APIView):
    @extend_schema(
        tags=["people"],
        operation_id="groups_get",
        summary="A group's traits, and when its people were seen",
        responses={200: GroupSerializer, 404: OpenApiResponse(description="Nothing is known of this group.")},
    )
    def get(self, request: Request, project_id: int, group: str) -> Response:
        actor = Actor.of(request)
        project = access.project(actor, project_id=project_id, capability=Capability.VIEW_DATA)
        return Response(GroupSerializer(profiles.group(project=project, identifier=group, actor=actor)).data)


class PersonEventsView(APIView):
    @extend_schema(
        tags=["people"],
        operation_id="people_events",
        summary="What a person did",
        description="By any id of theirs, the newest event first, of the last twelve months.",
        parameters=[TimelineQuerySerializer],
        responses={200: TimelineSerializer, 400: OpenApiResponse(description="A parameter is not valid.")},
    )
    def get(self, request: Request, project_id: int, person: str) -> Response:
        actor = Actor.of(request)
        project = access.project(actor, project_id=project_id, capability=Capability.VIEW_DATA)
        found = timelines.of_person(project=project, identifier=person, asked=_asked(request), actor=actor)
        return Response(TimelineSerializer(found).data)


class GroupEventsView(APIView):
    @extend_schema(
        tags=["people"],
        operation_id="groups_events",
        summary="What a group's people did",
        description="The events that name the group, the newest first, of the last twelve months.",
        parameters=[TimelineQuerySerializer],
        responses={200: TimelineSerializer, 400: OpenApiResponse(description="A parameter is not valid.")},
    )
    def get(self, request: Request, project_id: int, group: str) -> Response:
        actor = Actor.of(request)
        project = access.project(actor, project_id=project_id, capability=Capability.VIEW_DATA)
        found = timelines.of_group(project=project, identifier=group, asked=_asked(request), actor=actor)
        return Response(TimelineSerializer(found).data)


def _asked(request: Request) -> dict[str, Any]:
    """The parameters as fields of a spec, which says what is wrong with them. Raises Invalid for others."""
    known = TimelineQuerySerializer().fields
    if unknown := sorted(set(request.query_params) - set(known)):
        raise Invalid("There is no such parameter.", fields=[FieldError(name, "Unknown.") for name in unknown])
    return request.query_params.dict()
