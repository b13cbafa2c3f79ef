from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.db import transaction
from django.db.models import Count, Model, QuerySet
from django.http import HttpRequest, HttpResponse
from import_export import resources
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from accounts.admin.audited import Audited, AuditedAdmin
from accounts.admin.base import StaffAdmin
from accounts.audited import Action
from accounts.models import User


class NewUserForm(UserCreationForm):
    class Meta:
        model = User
        fields = ("email", "name")


class UserForm(UserChangeForm):
    class Meta:
        model = User
        fields = "__all__"


class UserResource(resources.ModelResource):
    class Meta:
        model = User
        fields = ("id", "email", "name", "is_active", "is_staff", "last_login", "created_at")
        export_order = fields


class UserAdmin(AuditedAdmin, StaffAdmin, DjangoUserAdmin):  # type: ignore[type-arg]
    """People are deactivated, not deleted: what they made stays theirs."""

    audited = Audited(
        changed=Action.USER_CHANGED,
        created=Action.USER_CREATED,
        fields=("email", "name", "is_active", "is_staff", "is_superuser"),
    )

    resource_classes = (UserResource,)
    form = UserForm
    add_form = NewUserForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("email", "name", "organizations", "is_active", "is_staff", "last_login", "created_at")
    list_filter = ("is_active", "is_staff", "is_superuser")
    search_fields = ("email", "name")
    ordering = ("email",)
    date_hierarchy = "created_at"
    readonly_fields = ("last_login", "created_at")
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("email", "name", "password")}),
        ("Access", {"fields": ("is_active", "is_staff", "is_superuser", "user_permissions")}),
        ("Dates", {"fields": ("last_login", "created_at")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "name", "usable_password", "password1", "password2")}),)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        found: QuerySet[User] = super().get_queryset(request)
        return found.annotate(membership_count=Count("memberships"))

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """Only a superuser hands out staff rights; else whoever may edit people could make themselves one."""
        fields = tuple(super().get_readonly_fields(request, obj))
        return fields if _is_superuser(request) else (*fields, "is_staff", "is_superuser", "user_permissions")

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """A superuser is changed, password included, by superusers only."""
        above = isinstance(obj, User) and obj.is_superuser and not _is_superuser(request)
        return bool(super().has_change_permission(request, obj)) and not above

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        return False

    @transaction.atomic
    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002
        response = super().user_change_password(request, id, form_url)
        user = User.objects.filter(pk=id).first()
        if request.method == "POST" and response.status_code == 302 and user is not None:
            self._note(request, Action.USER_PASSWORD_SET, user, None, None)
        return response

    def organization_id_of(self, obj: User) -> None:  # noqa: ARG002 (of no organization alone)
        return None

    @admin.display(description="Organizations", ordering="membership_count")
    def organizations(self, user: User) -> int:
        return int(getattr(user, "membership_count", 0))


def _is_superuser(request: HttpRequest) -> bool:
    return isinstance(request.user, User) and request.user.is_superuser
