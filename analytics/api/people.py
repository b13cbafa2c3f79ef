"""What is known of a person or a group."""

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import Actor
from accounts.permissions import Capability
from analytics import access
from analytics.api.definition_serializers import GroupSerializer, PersonSerializer
from analytics.queries import profiles


class PersonView(APIView):
    @extend_schema(
        tags=["people"],
        operation_id="people_get",
        summary="A person's ids and traits",
        description="By any id of theirs. People of whom there is neither a trait nor a second id are not found: "
        "they are in the events only.",
        responses={200: PersonSerializer, 404: OpenApiResponse(description="Nothing is known of this id.")},
    )
    def get(self, request: Request, project_id: int, person: str) -> Response:
        project = access.project(Actor.of(request), project_id=project_id, capability=Capability.VIEW_DATA)
        return Response(PersonSerializer(profiles.person(project=project, identifier=person)).data)


class GroupView(APIView):
    @extend_schema(
        tags=["people"],
        operation_id="groups_get",
        summary="A group's traits",
        responses={200: GroupSerializer, 404: OpenApiResponse(description="No trait of this group is known.")},
    )
    def get(self, request: Request, project_id: int, group: str) -> Response:
        project = access.project(Actor.of(request), project_id=project_id, capability=Capability.VIEW_DATA)
        return Response(GroupSerializer(profiles.group(project=project, identifier=group)).data)
