"""Webhooks and what was sent to them: to look at."""

from django.contrib import admin
from import_export import fields, resources
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from accounts.admin.base import ReadOnlyAdmin
from inference.models import (
    WebhookDelivery,
    WebhookEndpoint,
)


class WebhookEndpointResource(resources.ModelResource):
    organization = fields.Field(attribute="organization__slug", column_name="organization")

    class Meta:
        model = WebhookEndpoint
        fields = (
            "id",
            "organization",
            "url",
            "events",
            "created_at",
            "disabled_at",
            "disabled_why",
            "failing_since",
        )
        export_order = fields


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(ReadOnlyAdmin):
    resource_classes = (WebhookEndpointResource,)
    list_display = ("url", "organization", "created_at", "failing_since", "disabled_at", "disabled_why")
    list_filter = ("disabled_why", ("organization", AutocompleteSelectFilter))
    list_select_related = ("organization",)
    search_fields = ("url", "organization__name", "organization__slug")
    exclude = ("encrypted_secret", "encrypted_previous_secret")


class WebhookDeliveryResource(resources.ModelResource):
    url = fields.Field(attribute="endpoint__url", column_name="url")

    class Meta:
        model = WebhookDelivery
        fields = ("id", "url", "event", "status", "attempts", "response_status", "created_at", "finished_at")
        export_order = fields


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnlyAdmin):
    resource_classes = (WebhookDeliveryResource,)
    list_display = ("id", "endpoint", "event", "status", "attempts", "response_status", "created_at")
    list_filter = ("status", "event", ("endpoint__organization", AutocompleteSelectFilter))
    list_select_related = ("endpoint",)
    search_fields = ("id", "endpoint__url", "error")
    raw_id_fields = ("job",)
    exclude = ("body",)
