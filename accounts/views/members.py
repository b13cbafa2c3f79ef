"""An organization's members and its open invitations, on one page."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import access, permissions
from accounts.access import Actor
from accounts.errors import Conflict, FieldError, Invalid
from accounts.models import Invitation, Membership, Organization
from accounts.permissions import Capability, Role
from accounts.queries import settings
from accounts.services import invitations, members

# Rows of members, and of open invitations, on one page.
PAGE = 50


class RoleForm(forms.Form):
    role = forms.TypedChoiceField(coerce=Role, choices=Role.choices)


class InviteForm(forms.Form):
    email = forms.EmailField(label="E-mail address")
    role = forms.TypedChoiceField(
        coerce=Role,
        initial=Role.VIEWER,
        help_text=(
            "Viewers see; analysts also explore and save; admins also look after projects, members and keys; "
            "billing sees plan and invoices, but no data."
        ),
    )
    project_ids = forms.TypedMultipleChoiceField(
        label="Limited projects",
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="That an analyst or viewer sees from the first login on. Owners and admins see all of them.",
    )

    def __init__(
        self, *args: Any, roles: list[tuple[str, str]], limited: list[tuple[int, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = roles  # type: ignore[attr-defined]
        self.fields["project_ids"].choices = limited  # type: ignore[attr-defined]
        if not limited:
            del self.fields["project_ids"]


@require_safe
def page(request: HttpRequest, organization: str) -> HttpResponse:
    found = access.organization(Actor.of(request), slug=organization, capability=Capability.VIEW_MEMBERS)
    return _page(request, found)


@require_POST
def invite(request: HttpRequest, organization: str) -> HttpResponse:
    actor, found = _entered(request, organization)
    form = InviteForm(request.POST, roles=_roles(actor, found), limited=settings.limited_projects_of(found))
    if not form.is_valid():
        return _page(request, found, form)
    try:
        invitation = invitations.invite(organization=found, actor=actor, **form.cleaned_data)
    except (Conflict, Invalid) as error:
        for item in error.fields or [FieldError("email", error.message)]:
            form.add_error(item.field, item.message)
        return _page(request, found, form)
    messages.success(request, f"An invitation is on its way to {invitation.email}.")
    return redirect("settings_members", found.slug)


@require_POST
def resend(request: HttpRequest, organization: str, invitation_id: int) -> HttpResponse:
    actor, found, invitation = _invitation(request, organization, invitation_id)
    invitations.resend(invitation=invitation, actor=actor)
    messages.success(request, f"A new invitation is on its way to {invitation.email}; the old link ends.")
    return redirect("settings_members", found.slug)


@require_POST
def revoke(request: HttpRequest, organization: str, invitation_id: int) -> HttpResponse:
    actor, found, invitation = _invitation(request, organization, invitation_id)
    invitations.revoke(invitation=invitation, actor=actor)
    messages.success(request, f"The invitation of {invitation.email} is revoked.")
    return redirect("settings_members", found.slug)


@require_POST
def change_role(request: HttpRequest, organization: str, member_id: int) -> HttpResponse:
    actor, found, member = _member(request, organization, member_id)
    form = RoleForm(request.POST)
    if not form.is_valid():
        raise Invalid("Choose one of the roles.")
    changed = members.change_role(membership=member, role=form.cleaned_data["role"], actor=actor)
    messages.success(request, f"{changed.user.email} is {Role(changed.role).label.lower()} now.")
    return redirect("settings_members", found.slug)


@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: HttpRequest, organization: str, member_id: int) -> HttpResponse:
    """A page that asks, and the POST that does it."""
    actor, found, member = _member(request, organization, member_id)
    if request.method != "POST":
        context = {"organization": found, "section": "keys", "tab": "members", "member": member}
        return render(request, "accounts/settings_member_remove.html", context)
    members.remove(membership=member, actor=actor)
    messages.success(request, f"{member.user.email} is not a member any more.")
    return redirect("settings_members", found.slug)


def _page(request: HttpRequest, found: Organization, sent: InviteForm | None = None) -> HttpResponse:
    actor = Actor.of(request)
    granted = actor.capabilities_in(found.pk)
    may_manage = Capability.MANAGE_MEMBERS in granted
    search = request.GET.get("q", "").strip().replace("\0", "")
    listed = Paginator(settings.members_of(found, search=search), PAGE).get_page(request.GET.get("page"))
    invited, open_ = (
        settings.open_invitations_of(found, now=timezone.now(), search=search, most=PAGE)
        if may_manage
        else ([], 0)
    )
    context = {
        "organization": found,
        "section": "keys",
        "tab": "members",
        "members": [settings.member_row(member) for member in listed],
        "page": listed,
        "search": search,
        "query": f"?{urlencode({'q': search})}" if search else "?",
        "invitations": invited,
        "invitation_count": open_,
        "may_manage": may_manage,
        "may_own": Capability.MANAGE_OWNERS in granted,
        "roles": _roles(actor, found),
        "every_role": [str(role.label) for role in Role],
        "capabilities": permissions.table(),
        "form": sent or _invite_form(actor, found, may_manage=may_manage),
    }
    return render(request, "accounts/settings_members.html", context, status=422 if sent else 200)


def _invite_form(actor: Actor, organization: Organization, *, may_manage: bool) -> InviteForm:
    limited = settings.limited_projects_of(organization) if may_manage else []
    return InviteForm(roles=_roles(actor, organization), limited=limited)


def _roles(actor: Actor, organization: Organization) -> list[tuple[str, str]]:
    """The roles that the actor may give."""
    may_own = Capability.MANAGE_OWNERS in actor.capabilities_in(organization.pk)
    return [(str(value), str(label)) for value, label in Role.choices if may_own or value != Role.OWNER]


def _entered(request: HttpRequest, organization: str) -> tuple[Actor, Organization]:
    actor = Actor.of(request)
    return actor, access.organization(actor, slug=organization, capability=Capability.MANAGE_MEMBERS)


def _member(request: HttpRequest, organization: str, member_id: int) -> tuple[Actor, Organization, Membership]:
    actor, found = _entered(request, organization)
    return actor, found, access.membership(found, membership_id=member_id)


def _invitation(
    request: HttpRequest, organization: str, invitation_id: int
) -> tuple[Actor, Organization, Invitation]:
    actor, found = _entered(request, organization)
    return actor, found, access.invitation_of(found, invitation_id=invitation_id)
