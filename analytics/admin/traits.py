"""What projects know of people and groups: found by their ids, and looked at one by one."""

from django.contrib import admin
from import_export import fields, resources
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from accounts.admin.base import ReadOnlyAdmin
from analytics.models import GroupTraits, PersonTraits


class PersonTraitsResource(resources.ModelResource):
    project = fields.Field(attribute="project__slug", column_name="project")

    class Meta:
        model = PersonTraits
        fields = ("id", "project", "person", "first_seen", "last_seen")
        export_order = fields


@admin.register(PersonTraits)
class PersonTraitsAdmin(ReadOnlyAdmin):
    resource_classes = (PersonTraitsResource,)
    list_display = ("person", "project", "first_seen", "last_seen")
    list_filter = (("project", AutocompleteSelectFilter),)
    list_select_related = ("project",)
    search_fields = ("person__exact", "project__name", "project__slug")
    exclude = ("ranks",)
    ordering = ("-id",)


class GroupTraitsResource(resources.ModelResource):
    project = fields.Field(attribute="project__slug", column_name="project")

    class Meta:
        model = GroupTraits
        fields = ("id", "project", "group", "first_seen", "last_seen")
        export_order = fields


@admin.register(GroupTraits)
class GroupTraitsAdmin(ReadOnlyAdmin):
    resource_classes = (GroupTraitsResource,)
    list_display = ("group", "project", "first_seen", "last_seen")
    list_filter = (("project", AutocompleteSelectFilter),)
    list_select_related = ("project",)
    search_fields = ("group__exact", "project__name", "project__slug")
    exclude = ("ranks",)
    ordering = ("-id",)
