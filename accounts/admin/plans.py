from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from import_export import fields, resources

from accounts.admin.base import StaffAdmin
from accounts.models import Plan


class PlanResource(resources.ModelResource):
    organization_count = fields.Field(attribute="organization_count", column_name="organizations")

    class Meta:
        model = Plan
        fields = (
            "slug", "name", "is_default", "events_a_month", "warn_from", "refuse_from", "retention_months",
            "queries_at_once", "query_rows", "organization_count", "created_at",
        )  # fmt: skip
        export_order = fields


class PlanAdmin(StaffAdmin):
    """Plans are data: a change holds for every organization on the plan within two seconds."""

    resource_classes = (PlanResource,)
    list_display = (
        "name", "slug", "is_default", "events_a_month", "warn_from", "refuse_from", "retention_months",
        "organizations_counted",
    )  # fmt: skip
    list_filter = ("is_default",)
    search_fields = ("name", "slug")
    prepopulated_fields = {"slug": ("name",)}  # noqa: RUF012 (Django's way)
    fieldsets = (
        (None, {"fields": ("name", "slug", "is_default")}),
        ("Events a month", {"fields": ("events_a_month", "warn_from", "refuse_from")}),
        ("How long events are kept", {"fields": ("retention_months",)}),
        ("Queries", {"fields": ("queries_at_once", "query_rows")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Plan]:
        found: QuerySet[Plan] = super().get_queryset(request)
        return found.annotate(organization_count=Count("organizations"))

    @admin.display(description="Organizations", ordering="organization_count")
    def organizations_counted(self, plan: Plan) -> int:
        return int(getattr(plan, "organization_count", 0))
