from typing import Any

from django import forms
from django.contrib import admin
from django.db import transaction
from django.db.models import Count, Model, QuerySet
from django.http import HttpRequest
from import_export import fields, resources
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import RelatedDropdownFilter

from accounts.access import Actor
from accounts.admin.audited import Audited, AuditedAdmin
from accounts.admin.base import ReadOnlyAdmin, StaffAdmin
from accounts.audited import Action
from accounts.billing.features import Feature
from accounts.billing.services import prices
from accounts.models import Plan, PlanPrice

_QUANTITIES = (
    "events_a_month", "warn_from", "refuse_from", "llm_tokens_a_month", "seats", "projects", "retention_months",
    "queries_at_once", "query_rows",
)  # fmt: skip


class PlanForm(forms.ModelForm):  # type: ignore[type-arg]  # not a generic at run time
    features = forms.MultipleChoiceField(
        choices=Feature.choices, required=False, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = Plan
        fields = (
            "name", "slug", "is_default", *_QUANTITIES, "features", "is_public", "position", "trial_days",
        )  # fmt: skip


class PriceInline(TabularInline):
    """Added and taken from sale, never changed: the database refuses it."""

    model = PlanPrice
    extra = 0
    fields = (
        "currency", "interval", "amount", "events_unit", "events_unit_amount", "tokens_unit", "tokens_unit_amount",
        "is_active",
    )  # fmt: skip
    # What is added is on sale, in the place of what was: no field, so no constraint to be checked against it.
    readonly_fields = ("is_active",)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        return False


class PlanResource(resources.ModelResource):
    organization_count = fields.Field(attribute="organization_count", column_name="organizations")

    class Meta:
        model = Plan
        fields = (
            "slug", "name", "is_default", "is_public", *_QUANTITIES, "features", "trial_days",
            "organization_count", "created_at",
        )  # fmt: skip
        export_order = fields


class PlanAdmin(AuditedAdmin, StaffAdmin):
    """Plans are data: a change holds for every organization on the plan within two seconds."""

    audited = Audited(
        changed=Action.PLAN_CHANGED,
        created=Action.PLAN_CREATED,
        deleted=Action.PLAN_DELETED,
        fields=("name", "slug", "is_default", "is_public", *_QUANTITIES, "features", "trial_days", "position"),
    )

    form = PlanForm
    inlines = (PriceInline,)
    resource_classes = (PlanResource,)
    list_display = (
        "name", "slug", "is_default", "is_public", "events_a_month", "llm_tokens_a_month", "seats", "projects",
        "retention_months", "organizations_counted",
    )  # fmt: skip
    list_filter = ("is_default", "is_public")
    search_fields = ("name", "slug")
    prepopulated_fields = {"slug": ("name",)}  # noqa: RUF012 (Django's way)
    fieldsets = (
        (None, {"fields": ("name", "slug", "is_default")}),
        ("Events a month", {"fields": ("events_a_month", "warn_from", "refuse_from")}),
        ("What it has room for", {"fields": ("llm_tokens_a_month", "seats", "projects", "features")}),
        ("How long events are kept", {"fields": ("retention_months",)}),
        ("Queries", {"fields": ("queries_at_once", "query_rows")}),
        ("How it is sold", {"fields": ("is_public", "position", "trial_days")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Plan]:
        found: QuerySet[Plan] = super().get_queryset(request)
        return found.annotate(organization_count=Count("organizations"))

    def organization_id_of(self, obj: Plan) -> None:  # noqa: ARG002 (of no organization)
        return None

    @transaction.atomic
    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:  # noqa: ARG002
        """New prices: each takes the place of the active one of its interval and currency."""
        for price in formset.save(commit=False):
            prices.add(price=price, actor=Actor.of_staff(request))

    @admin.display(description="Organizations", ordering="organization_count")
    def organizations_counted(self, plan: Plan) -> int:
        return int(getattr(plan, "organization_count", 0))


class PriceResource(resources.ModelResource):
    plan = fields.Field(attribute="plan__slug", column_name="plan")

    class Meta:
        model = PlanPrice
        fields = (
            "plan", "interval", "currency", "amount", "events_unit", "events_unit_amount", "tokens_unit",
            "tokens_unit_amount", "is_active", "stripe_price_id", "created_at",
        )  # fmt: skip
        export_order = fields


class PlanPriceAdmin(ReadOnlyAdmin):
    """What is on sale and what was. Made on the plan's page."""

    resource_classes = (PriceResource,)
    list_display = ("plan", "written_amount", "interval", "currency", "is_active", "subscribers", "created_at")
    list_filter = ("is_active", "interval", "currency", ("plan", RelatedDropdownFilter))
    list_select_related = ("plan",)
    search_fields = ("plan__name", "plan__slug", "stripe_price_id")
    actions = ("withdraw",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[PlanPrice]:
        found: QuerySet[PlanPrice] = super().get_queryset(request)
        return found.annotate(subscriber_count=prices.SUBSCRIBERS)

    def has_withdraw_permission(self, request: HttpRequest) -> bool:
        """Who may change a price, which nobody does by its form."""
        return request.user.has_perm("accounts.change_planprice")

    @admin.action(description="Offer no more", permissions=("withdraw",))
    def withdraw(self, request: HttpRequest, queryset: QuerySet[PlanPrice]) -> None:
        """Who pays such a price goes on paying it."""
        for price in queryset.select_related("plan"):
            prices.withdraw(price=price, actor=Actor.of_staff(request))

    @admin.display(description="Subscribers", ordering="subscriber_count")
    def subscribers(self, price: PlanPrice) -> int:
        return int(getattr(price, "subscriber_count", 0))
