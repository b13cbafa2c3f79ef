"""The OpenAI-compatible API: what Django does of it. Waiting and streaming are in `inference.openai_streaming`."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import msgspec
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import access as accounts_access
from accounts.access import Actor
from accounts.api import errors
from accounts.api.authentication import SecretKeyAuthentication
from accounts.errors import FieldError, NotFound
from accounts.models import Organization
from accounts.permissions import Capability
from inference import configuration
from inference.choices import ProviderName, Task
from inference.inputs import ChatJob
from inference.kinds.chat import ChatInput
from inference.models import Job
from inference.openai_api.accepted import JOB_HEADER, Accepted
from inference.openai_api.completions import head
from inference.openai_api.errors import of_refusal
from inference.openai_api.parameters import parsed, refuse, required
from inference.openai_api.requests import ChatCompletionRequest
from inference.queries import models
from inference.queries.answers import answer_of
from inference.queries.models import Available
from inference.services import jobs

TAGS = ["openai"]
HEADERS = [
    OpenApiParameter(
        "Idempotency-Key",
        str,
        OpenApiParameter.HEADER,
        description="The same key with the same body finds the first answer for 24 hours; with another body, 422.",
    ),
    OpenApiParameter(
        "OpenAI-Project",
        str,
        OpenApiParameter.HEADER,
        description="Id or slug of the project whose rules hold. OpenAI's own ids, `proj_…`, say nothing here.",
    ),
]
_LONGEST_PROJECT = 60
# Seconds, as the SDK's own timeout: who waits is told of a failure, and not kept through a provider's long rest.
_PATIENCE = 600


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, for which organization and project; `comes_back`, under a key of idempotency."""

    actor: Actor
    organization: Organization
    project: str | None
    idempotency_key: str

    @classmethod
    def of(cls, request: Request) -> Self:
        """Raises Unauthenticated, Forbidden, and Invalid for a project that cannot be one."""
        actor = Actor.of(request)
        organization = accounts_access.organization_of_key(actor, capability=Capability.RUN_JOBS)
        project = request.headers.get("OpenAI-Project", "")
        if len(project) > _LONGEST_PROJECT:
            raise refuse("project", "Not a project of this organization that you may see.")
        named = project if project and not project.startswith("proj_") else None
        return cls(actor, organization, named, request.headers.get("Idempotency-Key", ""))

    @property
    def comes_back(self) -> bool:
        return bool(self.idempotency_key)


class JsonForAll(DefaultContentNegotiation):
    """Some clients say that they accept nothing but an event stream, and get their errors as JSON all the same."""

    def select_renderer(
        self,
        request: Request,  # noqa: ARG002 (REST framework's signature)
        renderers: Iterable[BaseRenderer],
        format_suffix: str | None = None,  # noqa: ARG002
    ) -> tuple[BaseRenderer, str]:
        renderer = next(iter(renderers))
        return renderer, str(renderer.media_type)


class OpenAIView(APIView):
    """For secret keys alone; errors in OpenAI's envelope."""

    authentication_classes = (SecretKeyAuthentication,)
    content_negotiation_class = JsonForAll

    def get_exception_handler(self) -> Callable[[Exception, dict[str, Any]], Response | None]:
        return _handle


class ChatCompletionsView(OpenAIView):
    @extend_schema(
        tags=TAGS,
        operation_id="openai_chat_completions_create",
        summary="Continue a conversation, as OpenAI's chat completions do",
        description="Streamed as server-sent events with `stream`. The header `plumbline-job` names the job that "
        "does it. A caller who leaves cancels it, unless there is an `Idempotency-Key` to come back with.",
        request=ChatCompletionRequest,
        parameters=HEADERS,
        responses={200: OpenApiResponse(OpenApiTypes.OBJECT, "A `chat.completion`, or its chunks.")},
    )
    def post(self, request: Request) -> Response:
        caller = Caller.of(request)
        asked, given = parsed(ChatCompletionRequest, request.data, ChatCompletionRequest.input)
        job = create(caller, model=asked.model, given=given, metadata=asked.metadata)
        accepted = Accepted(
            job.pk,
            head(answer_of(job)),
            stream=bool(asked.stream),
            include_usage=asked.include_usage,
            stays=caller.comes_back,
        )
        return respond(job, accepted)


class ModelsView(OpenAIView):
    @extend_schema(
        tags=TAGS,
        operation_id="openai_models_list",
        summary="The models and aliases that can be named",
        responses={200: OpenApiResponse(OpenApiTypes.OBJECT, "A list of `model` objects.")},
    )
    def get(self, request: Request) -> Response:
        listed = models.available(Caller.of(request).organization)
        return Response({"object": "list", "data": [_model(one) for one in listed]})


class ModelView(OpenAIView):
    @extend_schema(
        tags=TAGS,
        operation_id="openai_models_get",
        summary="One model or alias",
        responses={200: OpenApiResponse(OpenApiTypes.OBJECT, "A `model` object.")},
    )
    def get(self, request: Request, model: str) -> Response:
        return Response(_model(_found(Caller.of(request).organization, model)))


def create(
    caller: Caller, *, model: str, given: ChatInput, metadata: Mapping[str, str] | None, waits: bool = True
) -> Job:
    """The job of a request, that the caller waits for or not. Raises NotFound, Invalid and as `jobs.create`."""
    found = _found(caller.organization, model)
    others = [target.provider for target in found.targets if target.provider != ProviderName.OPENAI]
    if others and (names := required(given.extra)):
        reason = f"Only OpenAI-compatible providers know this, and '{model}' is of {others[0].label}."
        raise refuse(names[0], reason)
    asked = ChatJob(
        task=Task.CHAT,
        input=given,
        model=found.name,
        metadata=dict(metadata or {}),
        project=caller.project,
        deadline=_deadline() if waits else None,
    )
    job, _ = jobs.create(
        organization=caller.organization,
        actor=caller.actor,
        request=asked,
        idempotency_key=caller.idempotency_key,
    )
    return job


def _deadline() -> int:
    """Time for one call that takes as long as calls may, within what a job may take."""
    limits = configuration.limits()
    return int(min(max(_PATIENCE, limits.deadline), limits.job))


def respond(job: Job, body: Accepted | dict[str, Any]) -> Response:
    """202 for what is to be waited for or streamed, else the answer."""
    is_open = isinstance(body, Accepted)
    data = msgspec.to_builtins(body) if is_open else body
    return Response(data, status=202 if is_open else 200, headers={JOB_HEADER: str(job.pk)})


def _found(organization: Organization, name: str) -> Available:
    found = models.find(organization, name)
    if found is None:
        reason = f"The model '{name}' is not known or not configured here; GET /v1/models lists those that are."
        raise NotFound(reason, fields=[FieldError("model", reason)])
    return found


def _model(one: Available) -> dict[str, Any]:
    return {
        "id": one.name,
        "object": "model",
        "created": int(one.created_at.timestamp()) if one.created_at else 0,
        "owned_by": "alias" if one.is_alias else one.targets[0].provider.value,
    }


def _handle(error: Exception, context: dict[str, Any]) -> Response | None:
    response = errors.handle(error, context)
    if response is None:
        return None
    fault = of_refusal(response.status_code, response.data)
    response.data, response.status_code = fault.body, fault.status
    for name, value in fault.headers.items():
        response[name] = value
    return response
