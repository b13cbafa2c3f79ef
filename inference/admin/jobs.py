"""Jobs and the rules that customers set for them: to look at and never to change."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from import_export import fields, resources
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from accounts.admin.base import ReadOnlyAdmin
from inference.models import (
    Job,
    Policy,
)

# Texts of customers, which a list has no use for and an export must not spread.
_TEXTS = ("input", "output")


class JobResource(resources.ModelResource):
    organization = fields.Field(attribute="organization__slug", column_name="organization")

    class Meta:
        model = Job
        fields = (
            "id", "organization", "task", "provider", "model", "status", "finish_reason", "error_code", "attempts",
            "tokens_input", "tokens_output", "created_at", "started_at", "first_token_at", "finished_at",
        )  # fmt: skip
        export_order = fields


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    resource_classes = (JobResource,)
    list_display = (
        "short_id", "organization", "task", "status", "provider", "model", "tokens_input", "tokens_output",
        "seconds", "attempts", "created_at",
    )  # fmt: skip
    list_filter = (
        "status",
        "task",
        "provider",
        "error_code",
        ("organization", AutocompleteSelectFilter),
        ("batch", AutocompleteSelectFilter),
        ("prompt_version", AutocompleteSelectFilter),
    )
    list_select_related = ("organization",)
    search_fields = ("id", "organization__name", "organization__slug", "model", "error_code")
    date_hierarchy = "created_at"
    exclude = ("idempotency_hash", "redactions")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Job]:
        found: QuerySet[Job] = super().get_queryset(request)
        match = request.resolver_match
        return found.defer(*_TEXTS) if match and match.url_name == "inference_job_changelist" else found

    @admin.display(description="Job", ordering="pk")
    def short_id(self, job: Job) -> str:
        return f"{str(job.pk)[:8]}…"

    @admin.display(description="Took, s")
    def seconds(self, job: Job) -> float | None:
        return round(job.took.total_seconds(), 2) if job.took else None


class PolicyResource(resources.ModelResource):
    organization = fields.Field(attribute="organization__slug", column_name="organization")
    project = fields.Field(attribute="project__slug", column_name="project")

    class Meta:
        model = Policy
        fields = ("organization", "project", "keep_days", "redact", "most_running")
        export_order = fields


@admin.register(Policy)
class PolicyAdmin(ReadOnlyAdmin):
    """The rules of customers, which they set themselves."""

    resource_classes = (PolicyResource,)
    list_display = ("organization", "project", "keep_days", "redact", "observe_in", "most_running")
    list_filter = (("organization", AutocompleteSelectFilter),)
    list_select_related = ("organization", "project", "observe_in")
    search_fields = ("organization__name", "organization__slug", "project__name")
