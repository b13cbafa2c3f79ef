"""A project's events as a file."""

from typing import Any

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.access import Actor
from accounts.permissions import Capability
from analytics import access
from analytics.downloads import download, wanted_of
from analytics.exports import CONTENT_TYPES, FileFormat


class AnyFormat(DefaultContentNegotiation):
    """`format` is ours to read, and a client that asks for a file need not accept JSON, as which errors come."""

    def select_renderer(self, _request: Request, renderers: Any, _suffix: str | None = None) -> tuple[Any, str]:
        return renderers[0], renderers[0].media_type


class ExportView(APIView):
    """Take a project's events elsewhere."""

    content_negotiation_class = AnyFormat

    @extend_schema(
        operation_id="projects_export",
        summary="Export events",
        description="Every stored event of the period with all its columns, as of one moment, in no order. "
        "The answer is streamed: one without its last chunk, or Parquet without its footer, was cut off.",
        parameters=[
            OpenApiParameter("format", enum=[kind.value for kind in FileFormat], default=FileFormat.NDJSON.value),
            OpenApiParameter("from", OpenApiTypes.DATE, description="First day, in the project's time zone."),
            OpenApiParameter("to", OpenApiTypes.DATE, description="Last day, included."),
            OpenApiParameter("event", many=True, description="Only events of this name; repeat it for several."),
            OpenApiParameter("columns", description="Names with commas between; by default all."),
        ],
        responses={
            (200, CONTENT_TYPES[FileFormat.NDJSON]): OpenApiTypes.BINARY,
            (200, "text/csv"): OpenApiTypes.BINARY,
            (200, CONTENT_TYPES[FileFormat.PARQUET]): OpenApiTypes.BINARY,
            400: OpenApiResponse(description="A parameter is not valid; it is named."),
        },
    )
    def get(self, request: Request, project_id: int) -> StreamingHttpResponse:
        actor = Actor.of(request)
        project = access.project(actor, project_id=project_id, capability=Capability.EXPORT_DATA)
        return download(project, actor, wanted_of(request.query_params))
