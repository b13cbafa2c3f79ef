"""Export and erase a person."""

from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import Actor
from accounts.api.pagination import CursorPagination
from accounts.permissions import Capability
from analytics import access
from analytics.models import Erasure
from analytics.queries import erasures as erasure_queries
from analytics.services import erasures, exports

if TYPE_CHECKING:
    RequestSerializer = serializers.Serializer[None]
else:
    RequestSerializer = serializers.Serializer

_TAGS = ["people"]
ATTACHED = {"Content-Disposition": 'attachment; filename="person.zip"', "Cache-Control": "no-store"}
_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="The same key with the same person finds the first erasure; with another person, 422.",
)
_PERSON = OpenApiParameter(
    "person", str, description="Only erasures that named this id, also those that are done."
)


class ErasureRequestSerializer(RequestSerializer):
    person = serializers.CharField(help_text="A user id, an anonymous id or an alias.", trim_whitespace=False)


class ErasureSerializer(serializers.ModelSerializer[Erasure]):
    """`person` is the keyed hash of the id that was asked for; `receipt` is there once it is done."""

    person = serializers.CharField(source="person_hash", read_only=True)
    late = serializers.BooleanField(source="is_late", read_only=True)
    due_at = serializers.DateTimeField(read_only=True)

    class Meta:
        model = Erasure
        fields = ("id", "status", "person", "requested_at", "due_at", "late", "finished_at", "receipt")
        read_only_fields = fields


class _NewestFirst(CursorPagination):
    ordering = ("-requested_at", "-id")


class ErasuresView(generics.ListAPIView[Erasure]):
    serializer_class = ErasureSerializer
    pagination_class = _NewestFirst
    queryset = Erasure.objects.none()

    def get_queryset(self) -> "QuerySet[Erasure]":
        if getattr(self, "swagger_fake_view", False):
            return Erasure.objects.none()
        actor, project_id = Actor.of(self.request), self.kwargs["project_id"]
        project = access.project(actor, project_id=project_id, capability=Capability.ERASE_PEOPLE)
        return erasure_queries.of(project, self.request.query_params.get("person", ""))

    @extend_schema(tags=_TAGS, operation_id="erasures_list", summary="List erasures", parameters=[_PERSON])
    def get(self, request: Request, *args: object, **kwargs: object) -> Response:
        return super().get(request, *args, **kwargs)

    @extend_schema(
        tags=_TAGS,
        operation_id="erasures_create",
        summary="Erase a person",
        description="Gone from every answer when this returns, and from the files within 24 hours; then the "
        "erasure has a receipt. All ids of the person are meant, whichever is named.",
        request=ErasureRequestSerializer,
        parameters=[_KEY],
        responses={
            200: OpenApiResponse(ErasureSerializer, "Found by its Idempotency-Key, and done."),
            202: OpenApiResponse(ErasureSerializer, "Requested; `Location` is where to ask for the receipt."),
        },
    )
    def post(self, request: Request, project_id: int) -> Response:
        actor = Actor.of(request)
        project = access.project(actor, project_id=project_id, capability=Capability.ERASE_PEOPLE)
        asked = ErasureRequestSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        key = request.headers.get("Idempotency-Key", "")
        person = asked.validated_data["person"]
        erasure, _ = erasures.request(project=project, actor=actor, person=person, idempotency_key=key)
        body = ErasureSerializer(erasure).data
        return Response(
            body, status=200 if erasure.is_done else 202, headers={"Location": f"{request.path}{erasure.pk}/"}
        )


class ErasureView(APIView):
    @extend_schema(
        tags=_TAGS,
        operation_id="erasures_get",
        summary="One erasure with its receipt",
        responses=ErasureSerializer,
    )
    def get(self, request: Request, project_id: int, erasure_id: UUID) -> Response:
        actor = Actor.of(request)
        project = access.project(actor, project_id=project_id, capability=Capability.ERASE_PEOPLE)
        return Response(ErasureSerializer(access.erasure(actor, project=project, erasure_id=erasure_id)).data)


class PersonExportView(APIView):
    @extend_schema(
        tags=_TAGS,
        operation_id="people_export",
        summary="Everything that is stored of a person",
        description="A ZIP of `person.json` (ids, links, traits) and `events.ndjson` (every event).",
        responses={(200, "application/zip"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, project_id: int, person: str) -> HttpResponse:
        actor = Actor.of(request)
        project = access.project(actor, project_id=project_id, capability=Capability.EXPORT_PEOPLE)
        file = exports.of_person(project=project, actor=actor, identifier=erasures.identifier(person))
        return HttpResponse(file, content_type="application/zip", headers=ATTACHED)
