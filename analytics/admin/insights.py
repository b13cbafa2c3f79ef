"""What people have saved, for staff to look at."""

from django.contrib import admin
from import_export import fields, resources
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from accounts.admin.base import ReadOnlyAdmin
from analytics.models import Cohort, Insight, QueryRun


class InsightResource(resources.ModelResource):
    project = fields.Field(attribute="project__slug", column_name="project")

    class Meta:
        model = Insight
        fields = ("id", "project", "name", "is_favourite", "created_at", "updated_at", "deleted_at")
        export_order = fields


@admin.register(Insight)
class InsightAdmin(ReadOnlyAdmin):
    resource_classes = (InsightResource,)
    list_display = ("name", "project", "is_favourite", "created_by", "created_at", "updated_at", "deleted_at")
    list_filter = (
        "is_favourite",
        ("deleted_at", admin.EmptyFieldListFilter),
        ("project", AutocompleteSelectFilter),
    )
    list_select_related = ("project", "created_by")
    search_fields = ("name", "project__name", "project__slug")
    date_hierarchy = "created_at"


class CohortResource(resources.ModelResource):
    project = fields.Field(attribute="project__slug", column_name="project")

    class Meta:
        model = Cohort
        fields = ("id", "project", "name", "state", "size", "as_of", "rows_read", "created_at", "updated_at")
        export_order = fields


@admin.register(Cohort)
class CohortAdmin(ReadOnlyAdmin):
    """What is due, what fails and what it reads; whom a list names is the tenant's business."""

    resource_classes = (CohortResource,)
    list_display = ("name", "project", "state", "size", "as_of", "rows_read", "due_at", "attempts", "created_at")
    list_filter = ("state", ("project", AutocompleteSelectFilter))
    list_select_related = ("project",)
    search_fields = ("name", "project__name", "project__slug")
    exclude = ("people", "unknown_people", "basis")
    date_hierarchy = "created_at"


class QueryRunResource(resources.ModelResource):
    project = fields.Field(attribute="project__slug", column_name="project")

    class Meta:
        model = QueryRun
        fields = ("id", "project", "state", "estimated_rows", "attempts", "created_at", "finished_at")
        export_order = fields


@admin.register(QueryRun)
class QueryRunAdmin(ReadOnlyAdmin):
    """Long queries of the last hour: what waits, runs and fails; what they answer is the tenant's business."""

    resource_classes = (QueryRunResource,)
    list_display = (
        "id",
        "project",
        "state",
        "position",
        "estimated_rows",
        "attempts",
        "created_at",
        "finished_at",
    )
    list_filter = ("state", ("project", AutocompleteSelectFilter))
    list_select_related = ("project",)
    search_fields = ("id", "project__name", "project__slug")
    exclude = ("spec",)
    ordering = ("-created_at",)
