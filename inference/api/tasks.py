"""Each task at its own address: the fields of its input are those of the body, and the job is like any other."""

from functools import partial
from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from inference.api.serializers import job_of
from inference.api.views import HEADERS, create_job
from inference.inputs import TASK_REQUESTS, parse_task
from inference.kinds import KINDS
from inference.kinds.base import Kind


def _view(task: str, kind: Kind[Any]) -> type[APIView]:
    job = job_of(kind)

    class TaskView(APIView):
        @extend_schema(
            tags=["inference"],
            operation_id=f"inference_{task}",
            summary=kind.about,
            request=TASK_REQUESTS[task],
            parameters=HEADERS,
            responses={
                200: OpenApiResponse(job, "It has finished (with `Prefer: wait`, or found by its key)."),
                202: OpenApiResponse(job, "It is queued; `Location` is where to ask for it."),
            },
        )
        def post(self, request: Request) -> Response:
            return create_job(request, partial(parse_task, task))

    return TaskView


TASK_VIEWS: dict[str, type[APIView]] = {task: _view(task, kind) for task, kind in KINDS.items()}
