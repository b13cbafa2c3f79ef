from import_export import fields, resources
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RangeDateFilter

from accounts.admin.base import ReadOnlyAdmin
from accounts.models import Invitation


class InvitationResource(resources.ModelResource):
    organization = fields.Field(attribute="organization__slug", column_name="organization")
    invited_by = fields.Field(attribute="invited_by__email", column_name="invited_by")

    class Meta:
        model = Invitation
        fields = (
            "id",
            "email",
            "organization",
            "role",
            "invited_by",
            "sent_at",
            "expires_at",
            "accepted_at",
            "revoked_at",
        )
        export_order = fields


class InvitationAdmin(ReadOnlyAdmin):
    """Who was invited, and what became of it."""

    resource_classes = (InvitationResource,)
    list_display = ("email", "organization", "role", "sent_at", "expires_at", "accepted_at", "revoked_at")
    list_filter = ("role", ("organization", AutocompleteSelectFilter), ("sent_at", RangeDateFilter))
    list_select_related = ("organization",)
    search_fields = ("email", "organization__name", "organization__slug")
    date_hierarchy = "created_at"
