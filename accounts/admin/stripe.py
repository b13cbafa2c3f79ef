"""What Stripe told, to be worked on once more, and whom invoices are made out to."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from import_export import fields, resources
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RangeDateFilter

from accounts.access import Actor
from accounts.admin.base import ReadOnlyAdmin
from accounts.billing.stripe import events
from accounts.models import BillingProfile, StripeEvent


class StripeEventResource(resources.ModelResource):
    class Meta:
        model = StripeEvent
        fields = (
            "id", "type", "created", "received_at", "processed_at", "object_id", "subscription_id", "attempts",
            "error",
        )  # fmt: skip
        export_order = fields


class StripeEventAdmin(ReadOnlyAdmin):
    """What Stripe told, and what became of it."""

    resource_classes = (StripeEventResource,)
    list_display = ("type", "id", "created", "received_at", "processed_at", "attempts", "error")
    list_filter = (
        ("processed_at", admin.EmptyFieldListFilter),
        ("error", admin.EmptyFieldListFilter),
        ("received_at", RangeDateFilter),
    )
    search_fields = ("id", "type", "object_id", "subscription_id")
    ordering = ("-received_at", "-id")
    actions = ("process_again",)

    def has_retry_permission(self, request: HttpRequest) -> bool:
        """Who may change an event, which nobody does by its form."""
        return request.user.has_perm("accounts.change_stripeevent")

    @admin.action(description="Process again", permissions=("retry",))
    def process_again(self, request: HttpRequest, queryset: QuerySet[StripeEvent]) -> None:
        """Stripe is asked what holds now, so it can be done at any time."""
        for event in queryset:
            done = events.process_again(event=event, actor=Actor.of_staff(request), now=timezone.now())
            if done.error:
                messages.error(request, f"{done.pk}: {done.error}")


class BillingProfileResource(resources.ModelResource):
    organization = fields.Field(attribute="organization__slug", column_name="organization")

    class Meta:
        model = BillingProfile
        fields = ("organization", "name", "email", "address", "country", "tax_id", "stripe_customer_id")
        export_order = fields


class BillingProfileAdmin(ReadOnlyAdmin):
    """Whom invoices are made out to, as the organization says itself."""

    resource_classes = (BillingProfileResource,)
    list_display = ("organization", "name", "email", "country", "tax_id", "stripe_customer_id")
    list_filter = (("organization", AutocompleteSelectFilter),)
    list_select_related = ("organization",)
    search_fields = ("organization__name", "organization__slug", "name", "email", "stripe_customer_id")
