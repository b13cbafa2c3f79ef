"""Imports: send a file of past events, and watch it being read."""

import json
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import Actor
from accounts.errors import FieldError, Invalid
from accounts.permissions import Capability
from analytics import access
from analytics.ingestion.files.formats import Format
from analytics.models import Import, Project
from analytics.models.imports import State
from analytics.services import uploads


class ImportSerializer(serializers.ModelSerializer[Import]):
    state = serializers.ChoiceField(choices=State.choices)
    complaints = serializers.ListField(
        child=serializers.DictField(), help_text="The first lines that cannot be read: line and reason."
    )

    class Meta:
        model = Import
        fields = (
            "id", "format", "options", "file_name", "file_bytes", "bytes_read", "state", "rows", "accepted",
            "dropped", "unreadable", "complaints", "problem", "created_at", "started_at", "finished_at",
        )  # fmt: skip
        read_only_fields = fields


class ImportInput(serializers.Serializer[object]):
    format = serializers.ChoiceField(choices=[kind.value for kind in Format])
    file = serializers.FileField(help_text="Plain, gzip or zip.")
    options = serializers.JSONField(
        required=False,
        help_text="JSON: keep_bots; for a log host; for a table columns, event, properties, texts, time_zone, "
        "time_format, encoding.",
    )


class ImportListView(ListAPIView[Import]):
    """The imports of a project, the newest first."""

    serializer_class = ImportSerializer
    parser_classes = (MultiPartParser,)

    def get_queryset(self) -> QuerySet[Import]:
        if getattr(self, "swagger_fake_view", False):
            return Import.objects.none()
        return _project(self.request, self.kwargs["project_id"]).imports.all()

    @extend_schema(operation_id="imports_list", summary="List imports")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="imports_create",
        summary="Import a file",
        description="The file is stored, its beginning is checked, and a worker reads it. Get the import to see "
        "how far it is.",
        request={"multipart/form-data": ImportInput},
        responses={
            202: ImportSerializer,
            400: OpenApiResponse(description="The file is not of this format, or an option does not fit it."),
            413: OpenApiResponse(description="The file is too large."),
        },
    )
    def post(self, request: Request, project_id: int) -> Response:
        project = _project(request, project_id)
        upload = request.FILES.get("file")
        if not isinstance(upload, UploadedFile):
            raise _wrong("file", "Send the file as multipart/form-data.")
        item = uploads.create(
            project=project,
            kind=_kind(request.POST.get("format")),
            name=upload.name or "upload",
            content=upload.chunks(),
            actor=Actor.of(request),
            options=_options(request.POST.get("options")),
        )
        return Response(ImportSerializer(item).data, status=202)


class ImportView(APIView):
    @extend_schema(operation_id="imports_get", summary="Get an import", responses=ImportSerializer)
    def get(self, request: Request, project_id: int, import_id: UUID) -> Response:
        """How far it is, and what became of the rows so far."""
        return Response(ImportSerializer(_item(request, project_id, import_id)).data)

    @extend_schema(
        operation_id="imports_cancel",
        summary="Cancel an import",
        responses={200: ImportSerializer, 409: OpenApiResponse(description="It is over.")},
    )
    def delete(self, request: Request, project_id: int, import_id: UUID) -> Response:
        """What it brought so far stays."""
        item = _item(request, project_id, import_id)
        uploads.cancel(item=item, actor=Actor.of(request))
        item.refresh_from_db()
        return Response(ImportSerializer(item).data)


def _project(request: Request, project_id: int) -> Project:
    return access.project(Actor.of(request), project_id=project_id, capability=Capability.IMPORT_DATA)


def _item(request: Request, project_id: int, import_id: UUID) -> Import:
    return access.import_of(_project(request, project_id), import_id=import_id)


def _kind(given: Any) -> Format:
    if given not in set(Format):
        raise _wrong("format", f"One of {', '.join(Format)}.")
    return Format(given)


def _options(given: Any) -> dict[str, Any]:
    if given in {None, ""}:
        return {}
    try:
        found = json.loads(given) if isinstance(given, str) else None
    except ValueError as error:
        raise _wrong("options", f"Must be JSON: {error}") from error
    if not isinstance(found, dict):
        raise _wrong("options", "Must be a JSON object.")
    return found


def _wrong(field: str, message: str) -> Invalid:
    return Invalid("The import is not valid.", fields=[FieldError(field, message)])
