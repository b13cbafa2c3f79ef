"""How a job looks in the API."""

from typing import Any

from drf_spectacular.utils import extend_schema_field, inline_serializer
from rest_framework import serializers

from inference.models import Job

_ERROR = inline_serializer(
    "JobError", {"code": serializers.CharField(), "message": serializers.CharField()}, allow_null=True
)
_USAGE = inline_serializer(
    "JobUsage",
    {"tokens_input": serializers.IntegerField(), "tokens_output": serializers.IntegerField()},
    allow_null=True,
)

_SUMMARY_FIELDS = (
    "id",
    "task",
    "status",
    "provider",
    "model",
    "finish_reason",
    "error",
    "usage",
    "attempt",
    "created_at",
    "started_at",
    "first_token_at",
    "finished_at",
    "cancel_requested_at",
)


class JobSummarySerializer(serializers.ModelSerializer[Job]):
    """A job in a list: without its texts."""

    attempt = serializers.IntegerField(
        source="fence", read_only=True, help_text="Counts the starts; stream event ids begin with it."
    )
    finish_reason = serializers.SerializerMethodField()
    error = serializers.SerializerMethodField()
    usage = serializers.SerializerMethodField()

    class Meta:
        model = Job
        fields: tuple[str, ...] = _SUMMARY_FIELDS
        read_only_fields: tuple[str, ...] = _SUMMARY_FIELDS

    @extend_schema_field(serializers.ChoiceField(choices=["stop", "length"], allow_null=True))
    def get_finish_reason(self, job: Job) -> str | None:
        return job.finish_reason or None

    @extend_schema_field(_ERROR)
    def get_error(self, job: Job) -> dict[str, str] | None:
        return {"code": job.error_code, "message": job.error_message} if job.error_code else None

    @extend_schema_field(_USAGE)
    def get_usage(self, job: Job) -> dict[str, Any] | None:
        if job.tokens_output is None:
            return None
        return {"tokens_input": job.tokens_input, "tokens_output": job.tokens_output}


class JobSerializer(JobSummarySerializer):
    """A whole job."""

    class Meta(JobSummarySerializer.Meta):
        fields = read_only_fields = (*_SUMMARY_FIELDS, "input", "output")
