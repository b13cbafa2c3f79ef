"""Projects."""

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import Actor
from accounts.permissions import Capability
from analytics import access
from analytics.api.serializers import ProjectSerializer
from analytics.models import Project


@extend_schema_view(get=extend_schema(operation_id="projects_list", summary="List projects"))
class ProjectListView(ListAPIView[Project]):
    """The projects of the key's organization, or of all organizations of the person."""

    serializer_class = ProjectSerializer

    def get_queryset(self) -> QuerySet[Project]:
        if getattr(self, "swagger_fake_view", False):
            return Project.objects.none()
        return access.projects(Actor.of(self.request))


class ProjectView(APIView):
    """One project."""

    @extend_schema(operation_id="projects_get", summary="Get a project", responses=ProjectSerializer)
    def get(self, request: Request, project_id: int) -> Response:
        found = access.project(Actor.of(request), project_id=project_id, capability=Capability.VIEW_DATA)
        return Response(ProjectSerializer(found).data)
