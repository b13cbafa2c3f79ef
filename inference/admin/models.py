"""What models are and cost, names for them, and the names of customers' own keys."""

from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from import_export import fields, resources
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from accounts.access import Actor
from accounts.admin.audited import Audited, AuditedAdmin
from accounts.admin.base import ReadOnlyAdmin, StaffAdmin
from accounts.audited import Action
from inference.models import (
    Alias,
    AliasTarget,
    Credential,
    LanguageModel,
)
from inference.services import aliases
from inference.services.language_models import FIELDS


class LanguageModelResource(resources.ModelResource):
    class Meta:
        model = LanguageModel
        fields = (*FIELDS, "created_at")
        export_order = fields


@admin.register(LanguageModel)
class LanguageModelAdmin(AuditedAdmin, StaffAdmin):
    """Of the installation: a price holds for every organization."""

    audited = Audited(
        changed=Action.MODEL_PRICE_CHANGED,
        created=Action.MODEL_PRICE_CREATED,
        deleted=Action.MODEL_PRICE_DELETED,
        fields=FIELDS,
    )
    resource_classes = (LanguageModelResource,)
    list_display = FIELDS
    list_filter = ("provider", "currency")
    search_fields = ("model",)
    fields = FIELDS

    def organization_id_of(self, obj: LanguageModel) -> None:  # noqa: ARG002 (of no organization)
        return None


class AliasResource(resources.ModelResource):
    class Meta:
        model = Alias
        fields = ("name", "created_at")
        export_order = fields


class AliasTargetInline(TabularInline):
    """In the order in which they are asked."""

    model = AliasTarget
    fields = ("position", "provider", "model")
    extra = 0
    min_num = 1


@admin.register(Alias)
class AliasAdmin(StaffAdmin):
    """The installation's own; those of organizations are theirs."""

    resource_classes = (AliasResource,)
    list_display = ("name", "models", "created_at")
    search_fields = ("name", "targets__model")
    fields = ("name",)
    inlines = (AliasTargetInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Alias]:
        found: QuerySet[Alias] = super().get_queryset(request)
        return found.filter(organization=None).prefetch_related("targets__credential")

    @admin.display(description="Models, in their order")
    def models(self, alias: Alias) -> str:
        return ", ".join(map(str, alias.targets.all()))

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """With its targets, which are what it is: so it is noted here and not with its name."""
        before = aliases.values(form.instance) if change else None
        super().save_related(request, form, formsets, change)
        aliases.note(alias=form.instance, actor=Actor.of_staff(request), before=before)

    def delete_model(self, request: HttpRequest, obj: Alias) -> None:
        aliases.delete(alias=obj, actor=Actor.of_staff(request))

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Alias]) -> None:
        for alias in queryset:
            self.delete_model(request, alias)


class CredentialResource(resources.ModelResource):
    organization = fields.Field(attribute="organization__slug", column_name="organization")

    class Meta:
        model = Credential
        fields = ("id", "organization", "name", "provider", "base_url", "is_default", "created_at", "revoked_at")
        export_order = fields


@admin.register(Credential)
class CredentialAdmin(ReadOnlyAdmin):
    """Organizations' own keys: their names and ends, never a key."""

    resource_classes = (CredentialResource,)
    list_display = (
        "name",
        "organization",
        "provider",
        "base_url",
        "hint",
        "is_default",
        "revoked_at",
        "created_at",
    )
    list_filter = ("provider", ("organization", AutocompleteSelectFilter))
    list_select_related = ("organization",)
    search_fields = ("name", "organization__name", "organization__slug", "base_url")
    exclude = ("encrypted_key",)
    # As it is, for a form of it would have to say which scheme it means.
    readonly_fields = ("base_url",)
