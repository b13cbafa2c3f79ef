"""The staff admin of projects, write keys and stored events."""

from django.contrib import admin
from django.db.models import Count, Model, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.forms import ModelForm
from django.http import HttpRequest
from import_export import fields, resources
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from accounts.access import Actor
from accounts.admin.audited import Audited, AuditedAdmin
from accounts.admin.base import ReadOnlyAdmin, StaffAdmin
from accounts.admin.keys import ActiveFilter, KeyAdmin
from accounts.audited import Action, Place
from accounts.models import Organization
from analytics.models import (
    DropCount,
    Erasure,
    Manifest,
    Project,
    Segment,
    Site,
    UsageCount,
    WriteKey,
)
from analytics.services import projects


class ProjectResource(resources.ModelResource):
    organization = fields.Field(attribute="organization__slug", column_name="organization")
    events = fields.Field(attribute="event_count", column_name="events")

    class Meta:
        model = Project
        fields = ("id", "organization", "name", "slug", "time_zone", "events", "created_at")
        export_order = fields


@admin.register(Project)
class ProjectAdmin(AuditedAdmin, StaffAdmin):
    """Projects are not deleted here: their stored events have to go with them."""

    # What is new, the service notes.
    audited = Audited(changed=Action.PROJECT_CHANGED, fields=("organization", "slug", *projects.OPTIONS))

    resource_classes = (ProjectResource,)
    list_display = ("name", "slug", "organization", "time_zone", "events", "segments", "created_at")
    list_filter = (("organization", AutocompleteSelectFilter),)
    list_select_related = ("organization",)
    search_fields = ("name", "slug", "organization__name", "organization__slug")
    autocomplete_fields = ("organization",)
    prepopulated_fields = {"slug": ("name",)}  # noqa: RUF012 (Django's way)
    date_hierarchy = "created_at"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Project]:
        live = Q(segments__retired_at=None)
        found: QuerySet[Project] = super().get_queryset(request)
        return found.annotate(
            event_count=Coalesce(Sum("segments__rows", filter=live), 0),
            segment_count=Count("segments", filter=live),
        )

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        return False

    def save_model(self, request: HttpRequest, obj: Project, form: "ModelForm[Project]", change: bool) -> None:
        if not change:
            created = projects.create(
                organization=obj.organization, name=obj.name, slug=obj.slug, actor=Actor.of_staff(request)
            )
            obj.pk = created.pk
            obj._state.adding = False
        super().save_model(request, obj, form, change)

    def organization_id_of(self, obj: Project) -> int:
        return obj.organization_id

    def place_of(self, obj: Project) -> Place:
        return Place(obj.pk, obj.name)

    @admin.display(description="Events", ordering="event_count")
    def events(self, project: Project) -> int:
        return int(getattr(project, "event_count", 0))

    @admin.display(description="Segments", ordering="segment_count")
    def segments(self, project: Project) -> int:
        return int(getattr(project, "segment_count", 0))


class WriteKeyResource(resources.ModelResource):
    organization = fields.Field(attribute="project__organization__slug", column_name="organization")
    project = fields.Field(attribute="project__slug", column_name="project")

    class Meta:
        model = WriteKey
        fields = ("id", "organization", "project", "name", "hint", "created_at", "last_used_at", "revoked_at")
        export_order = fields


@admin.register(WriteKey)
class WriteKeyAdmin(KeyAdmin):
    resource_classes = (WriteKeyResource,)
    list_display = ("name", "hint", "project", "organization", "active", "last_used_at", "created_at")
    list_filter = (ActiveFilter, ("project", AutocompleteSelectFilter))
    list_select_related = ("project__organization",)
    search_fields = ("name", "hint", "project__name", "project__slug", "project__organization__slug")
    fields = ("name", "hint", "project", "created_at", "last_used_at", "revoked_at")

    @admin.display(description="Organization", ordering="project__organization__name")
    def organization(self, key: WriteKey) -> Organization:
        return key.project.organization

    def revoke(self, key: WriteKey, actor: Actor) -> None:
        projects.revoke_write_key(key=key, actor=actor)


class SiteResource(resources.ModelResource):
    project = fields.Field(attribute="project__slug", column_name="project")

    class Meta:
        model = Site
        fields = ("name", "project", "created_at")
        export_order = fields


@admin.register(Site)
class SiteAdmin(ReadOnlyAdmin):
    resource_classes = (SiteResource,)
    list_display = ("name", "project", "created_at")
    list_filter = (("project", AutocompleteSelectFilter),)
    list_select_related = ("project",)
    search_fields = ("name", "project__name", "project__slug")


class SegmentResource(resources.ModelResource):
    project = fields.Field(attribute="project__slug", column_name="project")

    class Meta:
        model = Segment
        fields = ("id", "project", "first_day", "last_day", "rows", "bytes", "created_at", "retired_at")
        export_order = fields


@admin.register(Segment)
class SegmentAdmin(ReadOnlyAdmin):
    resource_classes = (SegmentResource,)
    list_display = ("id", "project", "first_day", "last_day", "rows", "bytes", "created_at", "retired_at")
    list_filter = (("retired_at", admin.EmptyFieldListFilter), ("project", AutocompleteSelectFilter))
    list_select_related = ("project",)
    search_fields = ("id", "project__name", "project__slug")
    ordering = ("-created_at",)
    date_hierarchy = "created_at"


class ManifestResource(resources.ModelResource):
    project = fields.Field(attribute="project__slug", column_name="project")

    class Meta:
        model = Manifest
        import_id_fields = ("project",)
        fields = ("project", "version", "data_up_to")
        export_order = fields


@admin.register(Manifest)
class ManifestAdmin(ReadOnlyAdmin):
    resource_classes = (ManifestResource,)
    list_display = ("project", "version", "data_up_to")
    list_select_related = ("project",)
    search_fields = ("project__name", "project__slug")


class DropCountResource(resources.ModelResource):
    project = fields.Field(attribute="project__slug", column_name="project")

    class Meta:
        model = DropCount
        fields = ("project", "day", "reason", "events")
        export_order = fields


@admin.register(DropCount)
class DropCountAdmin(ReadOnlyAdmin):
    resource_classes = (DropCountResource,)
    list_display = ("project", "day", "reason", "events")
    list_filter = ("reason", ("project", AutocompleteSelectFilter))
    list_select_related = ("project",)
    search_fields = ("project__name", "project__slug")
    ordering = ("-day", "reason")
    date_hierarchy = "day"


class UsageCountResource(resources.ModelResource):
    organization = fields.Field(attribute="project__organization__slug", column_name="organization")
    project = fields.Field(attribute="project__slug", column_name="project")

    class Meta:
        model = UsageCount
        fields = ("organization", "project", "day", "events")
        export_order = fields


@admin.register(UsageCount)
class UsageCountAdmin(ReadOnlyAdmin):
    resource_classes = (UsageCountResource,)
    list_display = ("project", "day", "events")
    list_filter = (("project__organization", AutocompleteSelectFilter), ("project", AutocompleteSelectFilter))
    list_select_related = ("project",)
    search_fields = ("project__name", "project__slug", "project__organization__slug")
    ordering = ("-day", "project")
    date_hierarchy = "day"


class ErasureResource(resources.ModelResource):
    project = fields.Field(attribute="project__slug", column_name="project")

    class Meta:
        model = Erasure
        fields = ("id", "project", "status", "requested_at", "finished_at", "events", "waiting_events")
        export_order = fields


@admin.register(Erasure)
class ErasureAdmin(ReadOnlyAdmin):
    """How erasures stand and what is in their way; whom they erase is the tenant's business."""

    resource_classes = (ErasureResource,)
    list_display = ("id", "project", "status", "late", "requested_at", "finished_at", "fault")
    list_filter = ("status", ("project", AutocompleteSelectFilter))
    list_select_related = ("project",)
    search_fields = ("id", "project__name", "project__slug")
    exclude = ("asked_for", "person", "ids", "idempotency_key")
    ordering = ("-requested_at",)
    date_hierarchy = "requested_at"

    @admin.display(description="Late", boolean=True)
    def late(self, erasure: Erasure) -> bool:
        return erasure.is_late
