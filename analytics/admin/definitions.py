"""What projects have learnt of their events and properties. People of the organization describe; staff look."""

from datetime import datetime
from typing import cast

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from import_export import fields, resources
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from accounts.admin.base import ReadOnlyAdmin
from analytics.models import EventDefinition, PropertyDefinition
from analytics.querysets import PropertyDefinitionQuerySet


class EventDefinitionResource(resources.ModelResource):
    project = fields.Field(attribute="project__slug", column_name="project")

    class Meta:
        model = EventDefinition
        fields = (
            "id", "project", "name", "kind", "volume", "first_seen", "last_seen", "hidden", "description",
        )  # fmt: skip
        export_order = fields


@admin.register(EventDefinition)
class EventDefinitionAdmin(ReadOnlyAdmin):
    resource_classes = (EventDefinitionResource,)
    list_display = ("name", "kind", "project", "volume", "first_seen", "last_seen", "hidden")
    list_filter = ("kind", "hidden", ("project", AutocompleteSelectFilter))
    list_select_related = ("project",)
    search_fields = ("name", "description", "project__name", "project__slug")
    ordering = ("-volume",)


class PropertyDefinitionResource(resources.ModelResource):
    project = fields.Field(attribute="project__slug", column_name="project")
    volume = fields.Field(attribute="volume", column_name="volume")
    last_seen = fields.Field(attribute="last_seen", column_name="last_seen")

    class Meta:
        model = PropertyDefinition
        fields = ("id", "project", "name", "subject", "volume", "last_seen", "hidden", "description")
        export_order = fields


@admin.register(PropertyDefinition)
class PropertyDefinitionAdmin(ReadOnlyAdmin):
    resource_classes = (PropertyDefinitionResource,)
    list_display = ("name", "subject", "project", "types", "volume", "last_seen", "hidden")
    list_filter = ("subject", "hidden", ("project", AutocompleteSelectFilter))
    list_select_related = ("project",)
    search_fields = ("name", "description", "project__name", "project__slug")
    exclude = ("events",)
    ordering = ("name",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[PropertyDefinition]:
        return cast("PropertyDefinitionQuerySet", super().get_queryset(request)).with_readings()

    @admin.display(description="Types")
    def types(self, definition: PropertyDefinition) -> str:
        return ", ".join(reading.get_type_display() for reading in definition.types)

    @admin.display(description="Volume", ordering="volume")
    def volume(self, definition: PropertyDefinition) -> int:
        return definition.volume

    @admin.display(description="Last seen", ordering="last_seen")
    def last_seen(self, definition: PropertyDefinition) -> datetime:
        return definition.last_seen
