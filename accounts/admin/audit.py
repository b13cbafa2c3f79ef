from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from import_export import fields, resources
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RangeDateFilter

from accounts.admin.base import ReadOnlyAdmin
from accounts.audited import Action
from accounts.models import AuditEntry


class ActionFilter(admin.SimpleListFilter):
    """One of the registry's actions."""

    title = "action"
    parameter_name = "action"

    def lookups(self, *_: object) -> list[tuple[str, str]]:
        return [(action.value, str(action.label)) for action in Action]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[AuditEntry]") -> "QuerySet[AuditEntry]":  # noqa: ARG002
        return queryset.filter(action=self.value()) if self.value() else queryset


class AuditEntryResource(resources.ModelResource):
    organization = fields.Field(attribute="organization__slug", column_name="organization")

    class Meta:
        model = AuditEntry
        fields = (
            "id", "created_at", "organization", "action", "actor_kind", "actor_name", "target_id", "target_name",
            "project_name", "before", "after", "address", "user_agent",
        )  # fmt: skip
        export_order = fields


class AuditEntryAdmin(ReadOnlyAdmin):
    """Every organization's log, and the installation's own, which has no organization."""

    resource_classes = (AuditEntryResource,)
    list_display = ("created_at", "organization", "action", "actor_kind", "actor_name", "target_name", "address")
    list_filter = (
        ActionFilter,
        "actor_kind",
        ("organization", admin.EmptyFieldListFilter),
        ("organization", AutocompleteSelectFilter),
        ("created_at", RangeDateFilter),
    )
    list_select_related = ("organization",)
    search_fields = ("actor_name", "target_name", "target_id", "address", "organization__slug")
    ordering = ("-created_at", "-id")
