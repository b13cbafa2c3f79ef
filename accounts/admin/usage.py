from import_export import fields, resources
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RangeDateFilter

from accounts.admin.base import ReadOnlyAdmin
from accounts.models import Reservation, SpendingCap, UsageDay, UsageEntry, UsageNotice


class _OfAnOrganization(resources.ModelResource):
    organization = fields.Field(attribute="organization__slug", column_name="organization")


class UsageEntryResource(_OfAnOrganization):
    class Meta:
        model = UsageEntry
        fields = (
            "id", "organization", "project_id", "meter", "model", "currency", "quantity", "day", "at", "key",
        )  # fmt: skip
        export_order = fields


class UsageEntryAdmin(ReadOnlyAdmin):
    """The ledger itself, newest first."""

    resource_classes = (UsageEntryResource,)
    list_display = ("at", "organization", "project_id", "meter", "model", "quantity", "currency", "key")
    list_filter = ("meter", ("organization", AutocompleteSelectFilter))
    list_select_related = ("organization",)
    search_fields = ("key", "organization__slug")


class UsageDayResource(_OfAnOrganization):
    class Meta:
        model = UsageDay
        fields = ("organization", "day", "project_id", "meter", "model", "currency", "quantity")
        export_order = fields


class UsageDayAdmin(ReadOnlyAdmin):
    resource_classes = (UsageDayResource,)
    list_display = ("day", "organization", "project_id", "meter", "model", "quantity", "currency")
    list_filter = ("meter", ("organization", AutocompleteSelectFilter), ("day", RangeDateFilter))
    list_select_related = ("organization",)
    search_fields = ("model", "organization__slug")
    ordering = ("-day", "-id")


class SpendingCapResource(_OfAnOrganization):
    class Meta:
        model = SpendingCap
        fields = (
            "organization", "project_id", "secret_key", "currency", "amount", "created_at", "changed_at",
        )  # fmt: skip
        export_order = fields


class SpendingCapAdmin(ReadOnlyAdmin):
    """Caps are the organizations' own to set."""

    resource_classes = (SpendingCapResource,)
    list_display = ("organization", "project_id", "secret_key", "currency", "amount", "changed_at")
    list_filter = ("currency", ("organization", AutocompleteSelectFilter))
    list_select_related = ("organization", "secret_key")
    search_fields = ("organization__slug", "organization__name")


class ReservationResource(_OfAnOrganization):
    class Meta:
        model = Reservation
        fields = (
            "organization", "project_id", "secret_key_id", "key", "currency", "amount", "state", "settled",
            "created_at", "expires_at", "closed_at",
        )  # fmt: skip
        export_order = fields


class ReservationAdmin(ReadOnlyAdmin):
    resource_classes = (ReservationResource,)
    list_display = ("created_at", "organization", "key", "amount", "settled", "currency", "state", "expires_at")
    list_filter = ("state", "currency", ("organization", AutocompleteSelectFilter))
    list_select_related = ("organization",)
    search_fields = ("key", "organization__slug")


class UsageNoticeResource(_OfAnOrganization):
    class Meta:
        model = UsageNotice
        fields = ("organization", "month", "subject", "percent", "recipients", "created_at")
        export_order = fields


class UsageNoticeAdmin(ReadOnlyAdmin):
    resource_classes = (UsageNoticeResource,)
    list_display = ("organization", "month", "subject", "percent", "recipients", "created_at")
    list_filter = ("subject", "percent", ("organization", AutocompleteSelectFilter))
    list_select_related = ("organization",)
    search_fields = ("organization__name", "organization__slug")
    ordering = ("-created_at",)
    date_hierarchy = "created_at"
