from django.contrib import admin
from django.db.models import Count, Model, QuerySet
from django.http import HttpRequest
from import_export import fields, resources
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RangeDateFilter, RelatedDropdownFilter

from accounts.admin.base import StaffAdmin
from accounts.models import Membership, Organization


class HasProjectsFilter(admin.SimpleListFilter):
    """Who has begun, and who signed up and stopped there."""

    title = "projects"
    parameter_name = "projects"

    def lookups(self, *_: object) -> list[tuple[str, str]]:
        return [("some", "Has projects"), ("none", "Has none")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Organization]) -> QuerySet[Organization]:  # noqa: ARG002
        if self.value() is None:
            return queryset
        return queryset.exclude(projects=None) if self.value() == "some" else queryset.filter(projects=None)


class MemberInline(TabularInline):
    model = Membership
    extra = 0
    autocomplete_fields = ("user",)
    fields = ("user", "role")


class OrganizationResource(resources.ModelResource):
    members = fields.Field(attribute="members", column_name="members")
    project_count = fields.Field(attribute="project_count", column_name="projects")
    plan = fields.Field(attribute="plan__slug", column_name="plan")

    class Meta:
        model = Organization
        fields = ("id", "name", "slug", "plan", "members", "project_count", "created_at")
        export_order = fields


class OrganizationAdmin(StaffAdmin):
    """Organizations are not deleted here: their stored events have to go with them."""

    resource_classes = (OrganizationResource,)
    list_display = ("name", "slug", "plan", "member_count", "projects_counted", "created_at")
    list_filter = (HasProjectsFilter, ("plan", RelatedDropdownFilter), ("created_at", RangeDateFilter))
    list_select_related = ("plan",)
    search_fields = ("name", "slug", "memberships__user__email")
    autocomplete_fields = ("plan",)
    date_hierarchy = "created_at"
    prepopulated_fields = {"slug": ("name",)}  # noqa: RUF012 (Django's way)
    inlines = (MemberInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Organization]:
        # `projects` is analytics' relation: its name is all that is known of it here.
        found: QuerySet[Organization] = super().get_queryset(request)
        return found.annotate(
            members=Count("memberships", distinct=True), project_count=Count("projects", distinct=True)
        )

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        return False

    @admin.display(description="Members", ordering="members")
    def member_count(self, organization: Organization) -> int:
        return int(getattr(organization, "members", 0))

    @admin.display(description="Projects", ordering="project_count")
    def projects_counted(self, organization: Organization) -> int:
        return int(getattr(organization, "project_count", 0))


class MembershipResource(resources.ModelResource):
    user = fields.Field(attribute="user__email", column_name="email")
    organization = fields.Field(attribute="organization__slug", column_name="organization")

    class Meta:
        model = Membership
        fields = ("id", "user", "organization", "role", "created_at")
        export_order = fields


class MembershipAdmin(StaffAdmin):
    resource_classes = (MembershipResource,)
    list_display = ("user", "organization", "role", "created_at")
    list_filter = ("role", ("organization", AutocompleteSelectFilter))
    list_select_related = ("user", "organization")
    search_fields = ("user__email", "user__name", "organization__name", "organization__slug")
    autocomplete_fields = ("user", "organization")
    date_hierarchy = "created_at"
