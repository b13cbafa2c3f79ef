"""Batches over HTTP: many inputs in, how far they are, and what came out of them."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import generics
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser, JSONParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import access as accounts_access
from accounts.access import Actor
from accounts.errors import FieldError, Invalid
from accounts.permissions import Capability
from analytics.api.export import AnyFormat
from inference import access
from inference.api.batch_serializers import BatchSerializer, BatchSummarySerializer
from inference.batching import BatchRequest, lines, of_query, parse_batch
from inference.choices import Task
from inference.downloads import CSV, FORMATS, NDJSON, batch_address, download, place_after
from inference.models import Batch
from inference.queries.batches import ANY, ENDED, counts_of, progress_of
from inference.services import batches

_TAGS = ["inference"]
_IDEMPOTENCY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="The same key with the same body finds the first batch for 24 hours; with another body, 422.",
)


class NDJSONParser(BaseParser):
    """One input a line; what is said of the batch stands in the address."""

    media_type = NDJSON

    def parse(
        self, stream: Any, _media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        try:
            inputs = lines(stream.read().decode())
        except UnicodeDecodeError as error:
            raise ParseError("The body is not UTF-8.") from error
        query = (parser_context or {})["request"].query_params
        return {**of_query(query.dict()), "inputs": inputs}


class BatchesView(generics.ListAPIView[Batch]):
    serializer_class = BatchSummarySerializer
    queryset = Batch.objects.none()
    parser_classes = (JSONParser, NDJSONParser)

    def get_queryset(self) -> "QuerySet[Batch]":
        actor = Actor.of(self.request)
        organization = accounts_access.organization_of_key(actor, capability=Capability.VIEW_JOBS)
        return access.batches(actor, organization=organization)

    @extend_schema(tags=_TAGS, operation_id="inference_batches_list", summary="List batches, newest first")
    def get(self, request: Request, *args: object, **kwargs: object) -> Response:  # noqa: ARG002
        page = self.paginate_queryset(self.get_queryset()) or []
        context = {"counts": counts_of(page)}
        return self.get_paginated_response(BatchSummarySerializer(page, many=True, context=context).data)

    @extend_schema(
        tags=_TAGS,
        operation_id="inference_batches_create",
        summary="Create a batch",
        description="Up to 10,000 inputs of one task, taken all or none. As JSON, or one input a line as "
        "application/x-ndjson, with the other fields in the address, objects as JSON. What it may cost is held at "
        "once. Its jobs give way to others of the organization.",
        request={"application/json": BatchRequest, NDJSON: OpenApiTypes.STR},
        parameters=[
            _IDEMPOTENCY,
            OpenApiParameter("task", enum=Task.values, description="For NDJSON."),
            OpenApiParameter("name", description="For NDJSON."),
            OpenApiParameter("prompt", description="For NDJSON: a JSON object with slug and, if wanted, version."),
            OpenApiParameter("shared", description="For NDJSON: a JSON object."),
        ],
        responses={202: OpenApiResponse(BatchSerializer, "It is queued; `Location` is where to ask for it.")},
    )
    def post(self, request: Request) -> Response:
        actor = Actor.of(request)
        organization = accounts_access.organization_of_key(actor, capability=Capability.RUN_JOBS)
        batch, _ = batches.create(
            organization=organization,
            actor=actor,
            asked=parse_batch(request.data),
            idempotency_key=request.headers.get("Idempotency-Key", ""),
        )
        return Response(_shown(batch), status=202, headers={"Location": batch_address(batch.pk)})


class BatchView(APIView):
    @extend_schema(
        tags=_TAGS, operation_id="inference_batches_get", summary="How far a batch is", responses=BatchSerializer
    )
    def get(self, request: Request, batch_id: UUID) -> Response:
        return Response(_shown(_batch(request, batch_id, Capability.VIEW_JOBS)))


class BatchCancelView(APIView):
    @extend_schema(
        tags=_TAGS,
        operation_id="inference_batches_cancel",
        summary="Ask for a batch's end",
        description="Jobs that wait end at once, running ones within seconds; what has ended stays.",
        request=None,
        responses=BatchSerializer,
    )
    def post(self, request: Request, batch_id: UUID) -> Response:
        batch = _batch(request, batch_id, Capability.RUN_JOBS)
        return Response(_shown(batches.cancel(batch=batch, actor=Actor.of(request))))


class BatchResultsView(APIView):
    content_negotiation_class = AnyFormat

    @extend_schema(
        tags=_TAGS,
        operation_id="inference_batches_results",
        summary="What came out of a batch",
        description="One line for each job that has ended, in the order of the inputs, also while others still "
        "run. `after` goes on behind the last index that you have.",
        parameters=[
            OpenApiParameter("format", enum=list(FORMATS), default="ndjson"),
            OpenApiParameter("after", int, description="Only what stands behind this index."),
            OpenApiParameter("limit", int, description="So many lines at most."),
            OpenApiParameter("status", enum=ANY, many=True, description="Only of this status."),
        ],
        responses={(200, NDJSON): OpenApiTypes.BINARY, (200, CSV): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, batch_id: UUID) -> StreamingHttpResponse:
        batch = _batch(request, batch_id, Capability.VIEW_JOBS)
        given = request.query_params
        after, limit = place_after(given.get("after")), place_after(given.get("limit"))
        kind, statuses = given.get("format", "ndjson"), tuple(given.getlist("status")) or ENDED
        if after is None:
            raise _wrong("after", "Must be an index.")
        if limit is None or limit == 0:
            raise _wrong("limit", "Must be a number from 1 on.")
        if kind not in FORMATS:
            raise _wrong("format", f"One of {', '.join(FORMATS)}.")
        if not set(statuses) <= set(ANY):
            raise _wrong("status", f"Of {', '.join(ANY)}.")
        return download(batch, kind=kind, after=after, limit=None if limit < 0 else limit, statuses=statuses)


def _batch(request: Request, batch_id: UUID, capability: Capability) -> Batch:
    return access.batch(Actor.of(request), batch_id=batch_id, capability=capability)


def _shown(batch: Batch) -> Any:
    return BatchSerializer(batch, context={"progress": progress_of(batch)}).data


def _wrong(field: str, message: str) -> Invalid:
    return Invalid(f"The parameter {field} is not valid.", fields=[FieldError(field, message)])
