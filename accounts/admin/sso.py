"""Single sign-on as staff see it: providers without their secrets, claims, and who is bound to what."""

from allauth.socialaccount.models import SocialAccount
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from import_export import fields, resources
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RangeDateFilter

from accounts.access import Actor
from accounts.admin.base import ReadOnlyAdmin
from accounts.audited import Action
from accounts.errors import Conflict
from accounts.models import DomainClaim, SingleSignOn
from accounts.services import domains, own_changes


class SingleSignOnResource(resources.ModelResource):
    organization = fields.Field(attribute="organization__slug", column_name="organization")

    class Meta:
        model = SingleSignOn
        fields = ("id", "organization", "issuer", "default_role", "tested_at", "enforced_at", "created_at")
        export_order = fields


class SingleSignOnAdmin(ReadOnlyAdmin):
    """Owners set it up; staff see whether it is, and where it leads."""

    resource_classes = (SingleSignOnResource,)
    list_display = ("organization", "issuer", "default_role", "tested_at", "enforced_at")
    list_filter = ("default_role", ("organization", AutocompleteSelectFilter), ("created_at", RangeDateFilter))
    list_select_related = ("organization",)
    search_fields = ("issuer", "organization__name", "organization__slug")
    date_hierarchy = "created_at"
    fields = (
        "organization", "issuer", "discovery_url", "client_id", "provider_id", "default_role", "created_at",
        "tested_at", "tested_as", "enforced_at",
    )  # fmt: skip


class ProvedFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, *_: object) -> list[tuple[str, str]]:
        return [("proved", "Proved"), ("claimed", "Only claimed")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[DomainClaim]) -> QuerySet[DomainClaim]:  # noqa: ARG002
        if self.value() is None:
            return queryset
        return queryset.filter(proved_at__isnull=self.value() == "claimed")


class DomainClaimResource(resources.ModelResource):
    organization = fields.Field(attribute="organization__slug", column_name="organization")

    class Meta:
        model = DomainClaim
        fields = ("id", "domain", "organization", "proved_at", "proved_how", "created_at")
        export_order = fields


class DomainClaimAdmin(ReadOnlyAdmin):
    """Staff approve what they know by other means, and delete the claim of who has lost its domain."""

    resource_classes = (DomainClaimResource,)
    list_display = ("domain", "organization", "proved_at", "proved_how", "claimed_by", "created_at")
    list_filter = (ProvedFilter, ("organization", AutocompleteSelectFilter))
    list_select_related = ("organization", "claimed_by")
    search_fields = ("domain", "organization__name", "organization__slug")
    date_hierarchy = "created_at"
    fields = ("domain", "organization", "challenge", "claimed_by", "created_at", "proved_at", "proved_how")
    actions = ("approve_selected",)

    def has_approve_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("accounts.change_domainclaim")

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        return request.user.has_perm("accounts.delete_domainclaim")

    @admin.action(description="Approve the selected claims", permissions=["approve"])
    def approve_selected(self, request: HttpRequest, queryset: QuerySet[DomainClaim]) -> None:
        approved = 0
        for claim in queryset.select_related("organization"):
            try:
                domains.approve(claim=claim, actor=Actor.of_staff(request))
            except Conflict as error:
                self.message_user(request, error.message, messages.ERROR)
            else:
                self.log_change(request, claim, "Approved.")
                approved += 1
        self.message_user(request, f"Claims approved: {approved}.")

    def delete_model(self, request: HttpRequest, obj: DomainClaim) -> None:
        domains.release(claim=obj, actor=Actor.of_staff(request))

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[DomainClaim]) -> None:
        for claim in queryset.select_related("organization"):
            self.delete_model(request, claim)


class SocialAccountResource(resources.ModelResource):
    user = fields.Field(attribute="user__email", column_name="email")

    class Meta:
        model = SocialAccount
        fields = ("id", "user", "provider", "last_login", "date_joined")
        export_order = fields


class SocialAccountAdmin(ReadOnlyAdmin):
    """Who is bound to which provider; deleted here, the next login by it binds anew."""

    resource_classes = (SocialAccountResource,)
    list_display = ("user", "provider", "last_login", "date_joined")
    list_filter = (("date_joined", RangeDateFilter),)
    list_select_related = ("user",)
    search_fields = ("user__email", "provider")
    date_hierarchy = "date_joined"
    fields = ("user", "provider", "uid", "extra_data", "last_login", "date_joined")
    readonly_fields = fields

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        return request.user.has_perm("socialaccount.delete_socialaccount")

    @transaction.atomic
    def delete_model(self, request: HttpRequest, obj: SocialAccount) -> None:
        own_changes.note(action=Action.SSO_UNLINKED, user=obj.user, actor=Actor.of_staff(request))
        super().delete_model(request, obj)

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[SocialAccount]) -> None:
        for bound in queryset.select_related("user"):
            self.delete_model(request, bound)
