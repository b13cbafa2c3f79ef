"""How a job looks in the API."""

from typing import Any

from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import Direction, inline_serializer
from pydantic import BaseModel
from rest_framework import serializers

from inference.choices import FinishReason, ProviderName, Status, Task
from inference.inputs import PRIORITIES
from inference.kinds.base import Kind
from inference.models import Job
from inference.queries import shown

_ERROR = inline_serializer(
    "JobError",
    {"code": serializers.CharField(), "message": serializers.CharField()},
    allow_null=True,
    read_only=True,
)
PROMPT = inline_serializer(
    "JobPrompt",
    {"slug": serializers.CharField(), "version": serializers.IntegerField()},
    allow_null=True,
    read_only=True,
)
_USAGE = inline_serializer(
    "JobUsage",
    {"tokens_input": serializers.IntegerField(), "tokens_output": serializers.IntegerField()},
    allow_null=True,
    read_only=True,
)
_COST = inline_serializer(
    "JobCost",
    {"amount": serializers.IntegerField(help_text="Millionths."), "currency": serializers.CharField()},
    allow_null=True,
    read_only=True,
)


class JobSummarySerializer(serializers.Serializer[Job]):
    """A job in a list: without its texts."""

    id = serializers.UUIDField(read_only=True)
    task = serializers.ChoiceField(Task.choices, read_only=True)
    status = serializers.ChoiceField(Status.choices, read_only=True)
    project = serializers.IntegerField(read_only=True, allow_null=True)
    priority = serializers.ChoiceField(list(PRIORITIES), read_only=True)
    metadata = serializers.DictField(child=serializers.CharField(), read_only=True)
    prompt = PROMPT
    asked_model = serializers.CharField(
        read_only=True,
        allow_null=True,
        help_text="A model or an alias, as the job named it; null where it named none.",
    )
    provider = serializers.ChoiceField(ProviderName.choices, read_only=True)
    model = serializers.CharField(read_only=True)
    finish_reason = serializers.ChoiceField(FinishReason.values, read_only=True, allow_null=True)
    error = _ERROR
    usage = _USAGE
    cost = _COST
    cached = serializers.BooleanField(read_only=True, help_text="Whether it repeats the answer of an earlier job.")
    answered_from = serializers.UUIDField(
        read_only=True, allow_null=True, help_text="The job whose answer this one repeats."
    )
    attempt = serializers.IntegerField(
        read_only=True, help_text="Counts the starts; stream event ids begin with it."
    )
    created_at = serializers.DateTimeField(read_only=True)
    started_at = serializers.DateTimeField(read_only=True, allow_null=True)
    first_token_at = serializers.DateTimeField(read_only=True, allow_null=True)
    finished_at = serializers.DateTimeField(read_only=True, allow_null=True)
    cancel_requested_at = serializers.DateTimeField(read_only=True, allow_null=True)
    expires_at = serializers.DateTimeField(read_only=True, allow_null=True)
    content_removed_at = serializers.DateTimeField(read_only=True, allow_null=True)

    def to_representation(self, instance: Job) -> dict[str, Any]:
        return shown.summary(instance)


class JobSerializer(JobSummarySerializer):
    """A whole job; where its content is not kept any more, its texts are null."""

    input = serializers.DictField(read_only=True, allow_null=True)
    output = serializers.CharField(read_only=True, allow_null=True)
    result = serializers.JSONField(read_only=True, allow_null=True)

    def to_representation(self, instance: Job) -> dict[str, Any]:
        return shown.whole(instance)


class TypedField(serializers.JSONField):
    """JSON of the form that a pydantic model describes."""

    def __init__(self, model: type[BaseModel], **more: Any) -> None:
        super().__init__(read_only=True, allow_null=True, **more)
        self.model = model


class TypedFieldExtension(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """Such a field in the OpenAPI document; drf-spectacular finds it by its class."""

    target_class = TypedField

    def map_serializer_field(self, auto_schema: AutoSchema, direction: Direction) -> Any:
        ref = auto_schema.resolve_serializer(self.target.model, direction).ref
        return {"allOf": [ref], "nullable": True}


def job_of(kind: Kind[Any]) -> type[JobSerializer]:
    """A job of one task, with what is asked and answered typed."""
    typed: dict[str, Any] = {"input": TypedField(kind.input)}
    if kind.result is not None:
        typed["result"] = TypedField(kind.result)
    return type(f"{kind.task.title()}AnswerSerializer", (JobSerializer,), typed)
