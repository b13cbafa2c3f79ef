"""Inference jobs over HTTP. The token stream is in `inference/streaming.py`."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import access as accounts_access
from accounts.access import Actor
from accounts.permissions import Capability
from inference import access
from inference.api.filters import JobFilter
from inference.api.serializers import JobSerializer, JobSummarySerializer
from inference.inner import JOBS
from inference.inputs import AnyJob, AnyJobRequest, PromptedJob, parse_any
from inference.models import Job
from inference.services import jobs

_TAGS = ["inference"]
HEADERS = [
    OpenApiParameter(
        "Idempotency-Key",
        str,
        OpenApiParameter.HEADER,
        description="The same key with the same body finds the first job for 24 hours; with another body, 422.",
    ),
    OpenApiParameter(
        "Prefer",
        str,
        OpenApiParameter.HEADER,
        description="`wait=N` waits up to N seconds (60 at most) and answers 200 with the finished job.",
    ),
]


def create_job(request: Request, parse: Callable[[Any], AnyJob | PromptedJob]) -> Response:
    """Create the job that a body asks for, which this makes a request of."""
    actor = Actor.of(request)
    organization = accounts_access.organization_of_key(actor, capability=Capability.RUN_JOBS)
    job, _ = jobs.create(
        organization=organization,
        actor=actor,
        request=parse(request.data),
        idempotency_key=request.headers.get("Idempotency-Key", ""),
    )
    status = 200 if job.is_finished else 202
    return Response(JobSerializer(job).data, status=status, headers={"Location": f"{JOBS}{job.pk}/"})


class JobsView(generics.ListAPIView[Job]):
    serializer_class = JobSummarySerializer
    filterset_class = JobFilter
    queryset = Job.objects.none()

    def get_queryset(self) -> "QuerySet[Job]":
        actor = Actor.of(self.request)
        organization = accounts_access.organization_of_key(actor, capability=Capability.VIEW_JOBS)
        known = access.jobs(actor, organization=organization).select_related("prompt_version__template")
        return known.defer("input", "output")

    @extend_schema(tags=_TAGS, operation_id="inference_jobs_list", summary="List jobs, newest first")
    def get(self, request: Request, *args: object, **kwargs: object) -> Response:
        return super().get(request, *args, **kwargs)

    @extend_schema(
        tags=_TAGS,
        operation_id="inference_jobs_create",
        summary="Create a job",
        request=AnyJobRequest,
        parameters=HEADERS,
        responses={
            200: OpenApiResponse(JobSerializer, "It has finished (with `Prefer: wait`, or found by its key)."),
            202: OpenApiResponse(JobSerializer, "It is queued; `Location` is where to ask for it."),
        },
    )
    def post(self, request: Request) -> Response:
        return create_job(request, parse_any)


class JobView(APIView):
    @extend_schema(
        tags=_TAGS, operation_id="inference_jobs_get", summary="One job with its texts", responses=JobSerializer
    )
    def get(self, request: Request, job_id: UUID) -> Response:
        job = access.job(Actor.of(request), job_id=job_id, capability=Capability.VIEW_JOBS)
        return Response(JobSerializer(job).data)


class CancelView(APIView):
    @extend_schema(
        tags=_TAGS,
        operation_id="inference_jobs_cancel",
        summary="Ask for a job's end",
        description="A queued job ends at once, a running one within seconds; a finished one stays as it is.",
        request=None,
        responses=JobSerializer,
    )
    def post(self, request: Request, job_id: UUID) -> Response:
        job = access.job(Actor.of(request), job_id=job_id, capability=Capability.RUN_JOBS)
        return Response(JobSerializer(jobs.cancel(job=job)).data)
