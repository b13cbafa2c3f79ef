"""Prompts of customers and their versions: to look at. A version is never changed, by nobody."""

from typing import Any

from django.contrib import admin
from django.db.models import Max, QuerySet
from django.http import HttpRequest
from import_export import fields, resources
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from accounts.admin.base import ReadOnlyAdmin
from inference.models import PromptTemplate, PromptVersion


class ArchivedFilter(admin.SimpleListFilter):
    """Those that can be run, or those that are kept for the jobs that ran them."""

    title = "archived"
    parameter_name = "archived"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        return [("no", "In use"), ("yes", "Archived")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        if self.value() is None:
            return queryset
        return queryset.filter(archived_at__isnull=self.value() == "no")


class PromptTemplateResource(resources.ModelResource):
    organization = fields.Field(attribute="organization__slug", column_name="organization")

    class Meta:
        model = PromptTemplate
        fields = ("id", "organization", "slug", "name", "created_at", "archived_at")
        export_order = fields


class VersionInline(TabularInline):
    """Without its words, which its own page has."""

    model = PromptVersion
    fields = readonly_fields = ("number", "asked_model", "max_tokens", "temperature", "note", "created_at")
    show_change_link = True
    extra = 0
    per_page = 20

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False


@admin.register(PromptTemplate)
class PromptTemplateAdmin(ReadOnlyAdmin):
    resource_classes = (PromptTemplateResource,)
    list_display = ("name", "slug", "organization", "newest", "created_by", "created_at", "archived_at")
    list_filter = (ArchivedFilter, ("organization", AutocompleteSelectFilter))
    list_select_related = ("organization", "created_by")
    search_fields = ("name", "slug", "organization__name", "organization__slug")
    date_hierarchy = "created_at"
    inlines = (VersionInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[PromptTemplate]:
        found: QuerySet[PromptTemplate] = super().get_queryset(request)
        return found.annotate(newest=Max("versions__number"))

    @admin.display(description="Newest version", ordering="newest")
    def newest(self, prompt: Any) -> int | None:
        found: int | None = prompt.newest
        return found


class PromptVersionResource(resources.ModelResource):
    organization = fields.Field(attribute="template__organization__slug", column_name="organization")
    prompt = fields.Field(attribute="template__slug", column_name="prompt")

    class Meta:
        model = PromptVersion
        fields = (
            "id", "organization", "prompt", "number", "provider", "model", "max_tokens", "temperature",
            "created_at",
        )  # fmt: skip
        export_order = fields


@admin.register(PromptVersion)
class PromptVersionAdmin(ReadOnlyAdmin):
    resource_classes = (PromptVersionResource,)
    list_display = ("template", "number", "organization", "asked_model", "created_by", "created_at")
    list_filter = (
        "provider",
        ("template__organization", AutocompleteSelectFilter),
        ("template", AutocompleteSelectFilter),
    )
    list_select_related = ("template__organization", "created_by")
    search_fields = ("template__name", "template__slug", "template__organization__slug", "model", "note")
    date_hierarchy = "created_at"

    def get_queryset(self, request: HttpRequest) -> QuerySet[PromptVersion]:
        found: QuerySet[PromptVersion] = super().get_queryset(request)
        match = request.resolver_match
        is_list = match is not None and match.url_name == "inference_promptversion_changelist"
        return found.defer("system", "text", "test_input") if is_list else found

    @admin.display(description="Organization", ordering="template__organization__name")
    def organization(self, version: PromptVersion) -> str:
        return str(version.template.organization)
