"""Projects, and questions about their events."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from pydantic import TypeAdapter
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import Actor
from accounts.errors import FieldError, Invalid
from accounts.permissions import Capability
from analytics import access
from analytics.api.query_schema import ANSWER_SCHEMA, EXAMPLES, SPEC_SCHEMA
from analytics.api.serializers import ProjectSerializer
from analytics.kinds import parse_spec
from analytics.models import Project
from analytics.queries.run import Answer, run_query

_ANSWER = TypeAdapter(Answer)


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


class QueryView(APIView):
    """Ask something of a project's events."""

    @extend_schema(
        operation_id="projects_query",
        summary="Run a query",
        description="The answer says how it was got: the spec with every default, the definition of what is "
        "counted, the time zone, up to when events are in, and which intervals still run.",
        request={"application/json": SPEC_SCHEMA},
        responses={
            200: OpenApiResponse(ANSWER_SCHEMA, description="The result and its provenance."),
            400: OpenApiResponse(description="The spec is not valid; each wrong field is named by its path."),
            404: OpenApiResponse(description="There is no such project, or not for you."),
            504: OpenApiResponse(description="The query took longer than it may."),
        },
        examples=EXAMPLES,
    )
    def post(self, request: Request, project_id: int) -> Response:
        project = access.project(Actor.of(request), project_id=project_id, capability=Capability.VIEW_DATA)
        answer = run_query(project=project, spec=parse_spec(_object(request.data)))
        return Response(_ANSWER.dump_python(answer, mode="json"))


def _object(data: Any) -> dict[str, Any]:
    if not isinstance(data, dict):
        message = 'Send a JSON object such as {"kind": "overview", "period": {"last": "7d"}}.'
        raise Invalid(message, fields=[FieldError("body", message)])
    return data
