"""Responses of the OpenAI-compatible API: chat jobs that can be asked for again, continued and left alone."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import Actor
from accounts.errors import FieldError, NotFound
from accounts.permissions import Capability
from inference import access
from inference.api.openai import HEADERS, TAGS, Caller, OpenAIView, create, respond
from inference.choices import Status, Task
from inference.kinds.chat import ChatInput, Turn
from inference.models import Job
from inference.openai_api.accepted import Accepted
from inference.openai_api.parameters import parsed, refuse
from inference.openai_api.response_object import job_of, response, turns_to_continue
from inference.openai_api.response_requests import ResponseRequest
from inference.queries.answers import answer_of
from inference.services import jobs, retention

_RESPONSE = OpenApiResponse(OpenApiTypes.OBJECT, "A `response` object, or its events.")
_STREAM = [
    OpenApiParameter("stream", bool, description="As server-sent events, from the beginning."),
    OpenApiParameter("starting_after", int, description="Only what follows the event of this `sequence_number`."),
]


class ResponsesView(OpenAIView):
    @extend_schema(
        tags=TAGS,
        operation_id="openai_responses_create",
        summary="Answer, as OpenAI's Responses do",
        description="With `background` it answers at once, and goes on when the caller leaves.",
        request=ResponseRequest,
        parameters=HEADERS,
        responses={200: _RESPONSE},
    )
    def post(self, request: Request) -> Response:
        caller = Caller.of(request)

        def with_earlier(asked: ResponseRequest) -> ChatInput:
            return asked.chat(_earlier(caller.actor, asked.previous_response_id))

        asked, given = parsed(ResponseRequest, request.data, with_earlier)
        waits = not asked.background
        job = create(caller, model=asked.model, given=given, metadata=asked.metadata, waits=waits)
        shown = response(answer_of(job))
        if asked.background and not asked.stream:
            return respond(job, shown)
        background = bool(asked.background)
        accepted = Accepted(
            job.pk, shown, stream=bool(asked.stream), stays=caller.comes_back or background, at_once=background
        )
        return respond(job, accepted)


class ResponseView(OpenAIView):
    @extend_schema(
        tags=TAGS,
        operation_id="openai_responses_get",
        summary="How a Response stands",
        parameters=_STREAM,
        responses={200: _RESPONSE},
    )
    def get(self, request: Request, response_id: str) -> Response:
        job = _job(Actor.of(request), response_id, Capability.VIEW_JOBS)
        return respond(job, response(answer_of(job)))

    @extend_schema(
        tags=TAGS,
        operation_id="openai_responses_delete",
        summary="Remove what was asked and answered",
        description="One that is still being written has to be cancelled first.",
        responses={200: OpenApiResponse(OpenApiTypes.OBJECT, "`{id, object, deleted}`")},
    )
    def delete(self, request: Request, response_id: str) -> Response:
        job = _job(Actor.of(request), response_id, Capability.RUN_JOBS)
        if not job.is_finished:
            raise refuse("response_id", "It is still being written: cancel it first.")
        retention.remove([job.pk])
        return Response({"id": response_id, "object": "response", "deleted": True})


class CancelResponseView(OpenAIView):
    @extend_schema(
        tags=TAGS,
        operation_id="openai_responses_cancel",
        summary="End a Response",
        description="A finished one stays as it is.",
        request=None,
        responses={200: _RESPONSE},
    )
    def post(self, request: Request, response_id: str) -> Response:
        job = jobs.cancel(job=_job(Actor.of(request), response_id, Capability.RUN_JOBS))
        shown = response(answer_of(job))
        return respond(job, shown if job.is_finished else Accepted(job.pk, shown, stays=True))


def _job(actor: Actor, response_id: str, capability: Capability) -> Job:
    """The job of a stored Response; raises NotFound for everything else."""
    job_id = job_of(response_id)
    job = access.job(actor, job_id=job_id, capability=capability) if job_id else None
    asked = job.input.get("response") if job and job.task == Task.CHAT else None
    if job is None or not asked or not asked["store"]:
        raise NotFound(f"There is no Response '{response_id}', or not any more.")
    return job


def _earlier(actor: Actor, response_id: str | None) -> list[Turn]:
    """The turns that a new Response continues."""
    if response_id is None:
        return []
    try:
        job = _job(actor, response_id, Capability.VIEW_JOBS)
    except NotFound as error:
        raise NotFound(error.message, fields=[FieldError("previous_response_id", error.message)]) from error
    if job.status != Status.SUCCEEDED:
        raise refuse("previous_response_id", "It has no answer that could be continued.")
    return turns_to_continue(answer_of(job))
