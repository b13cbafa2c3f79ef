from abc import abstractmethod
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from import_export import fields, resources
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from accounts.access import Actor
from accounts.admin.base import ReadOnlyAdmin
from accounts.models import HashedKey, SecretKey
from accounts.services import secret_keys


class ActiveFilter(admin.SimpleListFilter):
    """Active or revoked."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        return [("active", "Active"), ("revoked", "Revoked")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[HashedKey]) -> QuerySet[HashedKey]:  # noqa: ARG002
        if self.value() not in {"active", "revoked"}:
            return queryset
        return queryset.filter(revoked_at__isnull=self.value() == "active")


class KeyAdmin(ReadOnlyAdmin):
    """Keys are made in the product, which shows their text once; staff see the hint and can revoke."""

    actions = ("revoke_selected",)
    date_hierarchy = "created_at"
    ordering = ("-created_at",)

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        name = f"{self.opts.app_label}.change_{self.opts.model_name}"
        return request.user.has_perm(name)

    @admin.display(description="Active", boolean=True)
    def active(self, key: HashedKey) -> bool:
        return key.is_active

    @abstractmethod
    def revoke(self, key: Any, actor: Actor) -> None:
        """End this key; calls the service."""

    @admin.action(description="Revoke the selected keys", permissions=["revoke"])
    def revoke_selected(self, request: HttpRequest, queryset: QuerySet[HashedKey]) -> None:
        keys = list(queryset)
        for key in keys:
            self.revoke(key, Actor.of_staff(request))
            self.log_change(request, key, "Revoked.")
        self.message_user(request, f"Keys revoked: {len(keys)}.")


class SecretKeyResource(resources.ModelResource):
    organization = fields.Field(attribute="organization__slug", column_name="organization")
    scopes = fields.Field(column_name="scopes")

    class Meta:
        model = SecretKey
        fields = (
            "id",
            "organization",
            "name",
            "hint",
            "scopes",
            "created_at",
            "last_used_at",
            "expires_at",
            "revoked_at",
        )
        export_order = fields

    def dehydrate_scopes(self, key: SecretKey) -> str:
        return ", ".join(key.scopes)


class SecretKeyAdmin(KeyAdmin):
    resource_classes = (SecretKeyResource,)
    list_display = ("name", "hint", "organization", "scope_names", "active", "last_used_at", "created_at")
    list_filter = (ActiveFilter, ("organization", AutocompleteSelectFilter))
    list_select_related = ("organization",)
    search_fields = ("name", "hint", "organization__name", "organization__slug")
    fields = (
        "name", "hint", "organization", "scope_names", "created_by", "created_at", "last_used_at", "expires_at",
        "requests_a_minute", "previous_hint", "previous_until", "previous_used_at", "revoked_at",
    )  # fmt: skip

    @admin.display(description="Scopes")
    def scope_names(self, key: SecretKey) -> str:
        return ", ".join(key.scopes)

    def revoke(self, key: SecretKey, actor: Actor) -> None:
        secret_keys.revoke(key=key, actor=actor)
