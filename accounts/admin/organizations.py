from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, Model, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone
from import_export import fields, resources
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RangeDateFilter, RelatedDropdownFilter

from accounts.access import Actor
from accounts.admin.audited import Audited, AuditedAdmin
from accounts.admin.base import StaffAdmin
from accounts.audited import Action, Target
from accounts.billing.services import subscriptions
from accounts.models import FormerSlug, Membership, Organization
from accounts.queries.plans import plan_of
from accounts.services import audit, organizations


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


class OrganizationForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Organization
        fields = ("name", "slug", "plan")

    def clean_slug(self) -> str:
        """Not one that another organization had, whose links lead to it."""
        slug: str = self.cleaned_data["slug"]
        if FormerSlug.objects.filter(slug=slug).exclude(organization=self.instance.pk).exists():
            raise forms.ValidationError("Another organization had this one.")
        return slug


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
        fields = ("id", "name", "slug", "plan", "members", "project_count", "created_at", "deletes_at")
        export_order = fields


class OrganizationAdmin(AuditedAdmin, StaffAdmin):
    """Organizations are not deleted here but by their owners: stored events have to go with them."""

    audited = Audited(
        changed=Action.ORGANIZATION_CHANGED, created=Action.ORGANIZATION_CREATED, fields=("name", "slug")
    )

    form = OrganizationForm
    resource_classes = (OrganizationResource,)
    list_display = ("name", "slug", "plan", "member_count", "projects_counted", "created_at", "deletes_at")
    list_filter = (HasProjectsFilter, ("plan", RelatedDropdownFilter), ("created_at", RangeDateFilter))
    list_select_related = ("plan",)
    search_fields = ("name", "slug", "memberships__user__email")
    autocomplete_fields = ("plan",)
    date_hierarchy = "created_at"
    readonly_fields = ("deletes_at", "deletion_requested_by")
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

    def organization_id_of(self, obj: Organization) -> int:
        return obj.pk

    def save_model(
        self, request: HttpRequest, obj: Organization, form: "ModelForm[Organization]", change: bool
    ) -> None:
        """Another plan is an action of its own, for it is what an organization pays for."""
        known = Organization.objects.filter(pk=obj.pk).values_list("plan__name", "slug").first()
        was, slug = known or (None, obj.slug)
        if change and "plan" in form.changed_data:
            subscriptions.keep_retention(obj, plan_of(obj.pk), now=timezone.now())
        super().save_model(request, obj, form, change)
        if slug != obj.slug:
            organizations.keep_former(obj, slug)
        became = obj.plan.name if obj.plan else None
        if was != became:
            audit.record(
                action=Action.PLAN_CHOSEN,
                actor=Actor.of_staff(request),
                organization_id=obj.pk,
                target=Target(obj.pk, obj.name),
                before={"plan": was},
                after={"plan": became},
            )

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """The members, who are edited on the organization's page."""
        organization: Organization = form.instance
        before = organizations.roles_of(organization)
        super().save_formset(request, form, formset, change)
        organizations.note_roles(organization=organization, actor=Actor.of_staff(request), before=before)

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


class MembershipAdmin(AuditedAdmin, StaffAdmin):
    audited = Audited(
        changed=Action.MEMBER_CHANGED,
        created=Action.MEMBER_ADDED,
        deleted=Action.MEMBER_REMOVED,
        fields=("role", "user", "organization"),
    )
    resource_classes = (MembershipResource,)
    list_display = ("user", "organization", "role", "created_at")
    list_filter = ("role", ("organization", AutocompleteSelectFilter))
    list_select_related = ("user", "organization")
    search_fields = ("user__email", "user__name", "organization__name", "organization__slug")
    autocomplete_fields = ("user", "organization")
    date_hierarchy = "created_at"

    def organization_id_of(self, obj: Membership) -> int:
        return obj.organization_id

    def target_of(self, obj: Membership) -> Target:
        return Target(obj.user_id, obj.user.email)
