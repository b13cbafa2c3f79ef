"""What staff do about payments: coupons, requests by invoice, and subscriptions to look at."""

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from import_export import fields, resources
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RangeDateFilter, RelatedDropdownFilter

from accounts.access import Actor
from accounts.admin.audited import Audited, AuditedAdmin
from accounts.admin.base import ReadOnlyAdmin, StaffAdmin
from accounts.audited import Action
from accounts.billing.services import manual
from accounts.errors import PlumblineError
from accounts.models import Coupon, PlanRequest, Subscription

_COUPON = (
    "code",
    "percent",
    "amount",
    "currency",
    "duration",
    "months",
    "redeem_by",
    "max_redemptions",
    "is_active",
)
# What Stripe has made of it can't be changed there either.
_FIXED = ("code", "percent", "amount", "currency", "duration", "months")


class CouponResource(resources.ModelResource):
    class Meta:
        model = Coupon
        fields = (*_COUPON, "created_at")
        export_order = fields


class CouponAdmin(AuditedAdmin, StaffAdmin):
    """One that was made is not made into another: it is switched off, and another is made."""

    audited = Audited(changed=Action.COUPON_CHANGED, created=Action.COUPON_CREATED, fields=_COUPON)
    resource_classes = (CouponResource,)
    list_display = (
        "code",
        "percent",
        "amount",
        "currency",
        "duration",
        "redeem_by",
        "max_redemptions",
        "is_active",
    )
    list_filter = ("is_active", "duration")
    search_fields = ("code",)
    fields = (*_COUPON, "plans")
    autocomplete_fields = ("plans",)

    def get_readonly_fields(self, request: HttpRequest, obj: Coupon | None = None) -> tuple[str, ...]:  # noqa: ARG002
        return _FIXED if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        return False

    def organization_id_of(self, obj: Coupon) -> None:  # noqa: ARG002 (of no organization)
        return None


class SubscriptionResource(resources.ModelResource):
    organization = fields.Field(attribute="organization__slug", column_name="organization")
    plan = fields.Field(attribute="plan__slug", column_name="plan")
    currency = fields.Field(attribute="price__currency", column_name="currency")
    interval = fields.Field(attribute="price__interval", column_name="interval")
    amount = fields.Field(attribute="price__amount", column_name="amount")

    class Meta:
        model = Subscription
        fields = (
            "id", "organization", "plan", "currency", "interval", "amount", "provider", "state", "period_start",
            "period_end", "trial_ends_at", "cancel_at_period_end", "past_due_since", "paused_at", "ended_at",
            "stripe_subscription_id", "created_at",
        )  # fmt: skip
        export_order = fields


class SubscriptionAdmin(ReadOnlyAdmin):
    """Changed by those who pay, by Stripe and by time; staff put an organization on a plan on its own page."""

    resource_classes = (SubscriptionResource,)
    list_display = (
        "organization", "plan", "price", "provider", "state", "period_end", "cancel_at_period_end",
        "past_due_since", "ended_at",
    )  # fmt: skip
    list_filter = (
        "state", "provider", "cancel_at_period_end", ("plan", RelatedDropdownFilter),
        ("organization", AutocompleteSelectFilter), ("period_end", RangeDateFilter),
    )  # fmt: skip
    list_select_related = ("organization", "plan", "price__plan")
    search_fields = ("organization__name", "organization__slug", "stripe_subscription_id")
    date_hierarchy = "created_at"


class PlanRequestResource(resources.ModelResource):
    organization = fields.Field(attribute="organization__slug", column_name="organization")
    price = fields.Field(attribute="price", column_name="price")

    class Meta:
        model = PlanRequest
        fields = ("id", "organization", "price", "created_at", "decided_at", "is_approved")
        export_order = fields


class PlanRequestAdmin(ReadOnlyAdmin):
    """Plans that are paid by invoice: staff approve or refuse what is ticked."""

    resource_classes = (PlanRequestResource,)
    list_display = ("organization", "price", "coupon", "requested_by", "created_at", "decided_at", "is_approved")
    list_filter = (
        ("decided_at", admin.EmptyFieldListFilter),
        "is_approved",
        ("organization", AutocompleteSelectFilter),
    )
    list_select_related = ("organization", "price__plan", "coupon", "requested_by")
    search_fields = ("organization__name", "organization__slug")
    actions = ("approve", "refuse")

    def has_decide_permission(self, request: HttpRequest) -> bool:
        """Who may change a request, which nobody does by its form."""
        return request.user.has_perm("accounts.change_planrequest")

    @admin.action(description="Approve", permissions=("decide",))
    def approve(self, request: HttpRequest, queryset: QuerySet[PlanRequest]) -> None:
        """The plan holds at once, and its first period begins."""
        for asked in queryset:
            try:
                manual.approve(asked=asked, actor=Actor.of_staff(request), now=timezone.now())
            except PlumblineError as error:
                messages.error(request, f"{asked}: {error.message}")

    @admin.action(description="Refuse", permissions=("decide",))
    def refuse(self, request: HttpRequest, queryset: QuerySet[PlanRequest]) -> None:
        """They are told by mail."""
        for asked in queryset:
            try:
                manual.refuse(asked=asked, actor=Actor.of_staff(request), now=timezone.now())
            except PlumblineError as error:
                messages.error(request, f"{asked}: {error.message}")
