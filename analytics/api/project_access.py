"""Who knows of a project."""

from typing import TYPE_CHECKING

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import Actor
from accounts.permissions import Capability
from analytics import access
from analytics.models import Project
from analytics.queries.project_members import access_of
from analytics.services import project_members

if TYPE_CHECKING:
    Plain = serializers.Serializer[object]
else:
    Plain = serializers.Serializer


class CandidateSerializer(Plain):
    id = serializers.IntegerField(source="membership_id", help_text="Of the membership, as in the members API.")
    name = serializers.CharField()
    email = serializers.EmailField()
    always = serializers.BooleanField(help_text="Manages projects, and so sees every one.")
    chosen = serializers.BooleanField()


class ProjectAccessSerializer(Plain):
    limited = serializers.BooleanField(help_text="To those who are chosen, and those who always see it.")
    members = CandidateSerializer(many=True, help_text="Everybody in the organization who may see data.")


class ProjectAccessInput(Plain):
    limited = serializers.BooleanField()
    members = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1),
        required=False,
        default=list,
        max_length=1_000,
        help_text="The memberships that are chosen; all others lose it.",
    )

    def validate(self, given: dict[str, object]) -> dict[str, object]:
        if given["members"] and not given["limited"]:
            raise serializers.ValidationError({"members": "Nobody is chosen for a project that all may see."})
        return given


class ProjectAccessView(APIView):
    @extend_schema(
        operation_id="projects_access_get", summary="Who knows of a project", responses=ProjectAccessSerializer
    )
    def get(self, request: Request, project_id: int) -> Response:
        """A limited project exists for owners, admins and chosen members only."""
        return _answer(_entered(request, project_id))

    @extend_schema(
        operation_id="projects_access_set",
        summary="Limit a project to members, or open it",
        request=ProjectAccessInput,
        responses={
            200: ProjectAccessSerializer,
            400: OpenApiResponse(description="A membership cannot be chosen; the field is named."),
        },
    )
    def put(self, request: Request, project_id: int) -> Response:
        """Takes effect with the next request of whoever lost it."""
        project = _entered(request, project_id)
        given = ProjectAccessInput(data=request.data)
        given.is_valid(raise_exception=True)
        actor = Actor.of(request)
        if given.validated_data["limited"]:
            members = given.validated_data["members"]
            changed = project_members.limit(project=project, membership_ids=members, actor=actor)
        else:
            changed = project_members.open_up(project=project, actor=actor)
        return _answer(changed)


def _entered(request: Request, project_id: int) -> Project:
    return access.project(Actor.of(request), project_id=project_id, capability=Capability.MANAGE_PROJECTS)


def _answer(project: Project) -> Response:
    return Response(ProjectAccessSerializer(access_of(project)).data)
