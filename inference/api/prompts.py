"""Prompts and their versions over HTTP."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import Capability
from inference import access
from inference.api.door import entered
from inference.api.prompt_serializers import (
    NewPrompt,
    PromptChange,
    PromptSerializer,
    PromptSummarySerializer,
    VersionSerializer,
)
from inference.prompting import Words
from inference.queries.prompts import prompts_of
from inference.services import prompts

_TAGS = ["inference"]
_ARCHIVED = OpenApiParameter("archived", bool, description="Those that are archived, in the place of the others.")


class PromptsView(APIView):
    @extend_schema(
        tags=_TAGS,
        operation_id="inference_prompts_list",
        summary="List prompts",
        parameters=[_ARCHIVED],
        responses=PromptSummarySerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """By name; 1,000 at most."""
        _, found = entered(request, Capability.VIEW_JOBS)
        archived = request.query_params.get("archived", "").lower() in {"1", "true"}
        return Response(PromptSummarySerializer(prompts_of(found.pk, archived=archived), many=True).data)

    @extend_schema(
        tags=_TAGS,
        operation_id="inference_prompts_create",
        summary="Create a prompt with its first version",
        request=NewPrompt,
        responses={201: PromptSerializer},
    )
    def post(self, request: Request) -> Response:
        """Variables stand in `text` as `{{name}}`, and nowhere else. Without a slug, one is made of the name."""
        actor, found = entered(request, Capability.RUN_JOBS)
        given = NewPrompt.parse(request.data)
        about = given.model_dump(include={"name", "slug", "description"})
        words = Words.parse(given.model_dump(exclude=set(about)))
        made = prompts.create(organization=found, actor=actor, words=words, **about)
        return Response(PromptSerializer(made).data, status=201)


class PromptView(APIView):
    @extend_schema(
        tags=_TAGS,
        operation_id="inference_prompts_get",
        summary="Get a prompt with its versions",
        responses=PromptSerializer,
    )
    def get(self, request: Request, prompt: str) -> Response:
        _, found = entered(request, Capability.VIEW_JOBS)
        return Response(PromptSerializer(access.prompt(found, slug=prompt)).data)

    @extend_schema(
        tags=_TAGS,
        operation_id="inference_prompts_update",
        summary="Rename, describe or archive a prompt",
        request=PromptChange,
        responses=PromptSerializer,
    )
    def patch(self, request: Request, prompt: str) -> Response:
        """An archived one is kept for the jobs that ran it, and runs no more."""
        actor, found = entered(request, Capability.RUN_JOBS)
        chosen = access.prompt(found, slug=prompt)
        given: Any = PromptChange(data=request.data)
        given.is_valid(raise_exception=True)
        return Response(PromptSerializer(prompts.change(prompt=chosen, actor=actor, **given.validated_data)).data)


class VersionsView(APIView):
    @extend_schema(
        tags=_TAGS,
        operation_id="inference_prompt_versions_list",
        summary="List the versions of a prompt",
        responses=VersionSerializer(many=True),
    )
    def get(self, request: Request, prompt: str) -> Response:
        """Newest first."""
        _, found = entered(request, Capability.VIEW_JOBS)
        return Response(VersionSerializer(access.prompt(found, slug=prompt).versions.all(), many=True).data)

    @extend_schema(
        tags=_TAGS,
        operation_id="inference_prompt_versions_create",
        summary="Add a version to a prompt",
        request=Words,
        responses={201: VersionSerializer},
    )
    def post(self, request: Request, prompt: str) -> Response:
        """Jobs that name no version run it from then on."""
        actor, found = entered(request, Capability.RUN_JOBS)
        chosen = access.prompt(found, slug=prompt)
        made = prompts.add_version(prompt=chosen, actor=actor, words=Words.parse(request.data))
        return Response(VersionSerializer(made).data, status=201)
