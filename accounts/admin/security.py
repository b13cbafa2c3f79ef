from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from import_export import fields, resources
from unfold.contrib.filters.admin import RangeDateFilter

from accounts.access import Actor
from accounts.admin.base import ReadOnlyAdmin
from accounts.audited import Action
from accounts.services import own_changes
from accounts.ways_in import FACTORS


class AuthenticatorResource(resources.ModelResource):
    user = fields.Field(attribute="user__email", column_name="email")

    class Meta:
        model = Authenticator
        fields = ("id", "user", "type", "created_at", "last_used_at")
        export_order = fields


class AuthenticatorAdmin(ReadOnlyAdmin):
    """Second factors: deleted here for somebody who has lost theirs and the codes. Their keys are not shown."""

    resource_classes = (AuthenticatorResource,)
    list_display = ("user", "type", "created_at", "last_used_at")
    list_filter = ("type", ("created_at", RangeDateFilter))
    list_select_related = ("user",)
    search_fields = ("user__email",)
    date_hierarchy = "created_at"
    fields = ("user", "type", "created_at", "last_used_at")
    readonly_fields = fields

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        """As the person's permissions say, without ReadOnlyAdmin's no."""
        return request.user.has_perm("mfa.delete_authenticator")

    @transaction.atomic
    def delete_model(self, request: HttpRequest, obj: Authenticator) -> None:
        before, actor = {"factor": FACTORS[obj.type]}, Actor.of_staff(request)
        own_changes.note(action=Action.FACTOR_REMOVED, user=obj.user, actor=actor, before=before)
        super().delete_model(request, obj)

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, queryset: "QuerySet[Authenticator]") -> None:
        for factor in queryset.select_related("user"):
            self.delete_model(request, factor)
