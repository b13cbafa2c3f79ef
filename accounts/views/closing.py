"""What an owner does once: hand the organization over, delete it, and take that back."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from accounts import access
from accounts.access import Actor
from accounts.errors import Unauthenticated
from accounts.models import Membership, Organization, User
from accounts.permissions import Capability
from accounts.services import closing, members
from accounts.services.organizations import LONGEST_SLUG


class RenameForm(forms.Form):
    """With ids of its own, since the form below that deletes asks for a name as well."""

    name = forms.CharField(max_length=200)
    slug = forms.SlugField(
        label="In addresses",
        max_length=LONGEST_SLUG,
        help_text="Small letters, digits and dashes. Links with the old one lead here, and nobody else gets it.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "rename_%s", **kwargs})


class HandOverForm(forms.Form):
    """By address, since an organization may have thousands of members."""

    member = forms.EmailField(
        label="New owner", help_text="The e-mail address of a member. You become an admin.", max_length=254
    )

    def __init__(self, *args: Any, organization: Organization, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = Membership.objects.of(organization).filter(user__is_active=True).exclude(user=user)
        self.others = others.select_related("user")

    def clean_member(self) -> Membership:
        found = self.others.filter(user__email__iexact=self.cleaned_data["member"]).first()
        if found is None:
            raise forms.ValidationError("No other member who can log in has this address.")
        return found


class DeleteForm(forms.Form):
    name = forms.CharField(widget=forms.TextInput(attrs={"autocomplete": "off"}))

    def __init__(self, *args: Any, organization: Organization, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.organization = organization
        self.fields["name"].label = f"Type {organization.name} to confirm"

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if name.strip() != self.organization.name.strip():
            raise forms.ValidationError("This is not the organization's name, so nothing was deleted.")
        return name


def general_page(
    request: HttpRequest, organization: Organization, *, status: int = 200, **forms_by_name: forms.Form
) -> HttpResponse:
    """The first page of the settings, with the forms that were sent and did not hold."""
    actor = Actor.of(request)
    granted = actor.capabilities_in(organization.pk)
    context = {
        "organization": organization,
        "section": "keys",
        "tab": "general",
        "grace_days": settings.DELETION_DAYS,
        "is_last_owner": _is_last_owner(actor, organization),
        "may_delete": Capability.DELETE_ORGANIZATION in granted,
        "may_hand_over": Capability.MANAGE_OWNERS in granted,
        "may_rename": Capability.RENAME_ORGANIZATION in granted,
        "rename_form": RenameForm(initial={"name": organization.name, "slug": organization.slug}),
        "hand_over_form": HandOverForm(organization=organization, user=_person(actor)),
        "delete_form": DeleteForm(organization=organization),
        **forms_by_name,
    }
    return render(request, "accounts/settings_general.html", context, status=status)


@require_POST
def hand_over(request: HttpRequest, organization: str) -> HttpResponse:
    actor = Actor.of(request)
    found = access.organization(actor, slug=organization, capability=Capability.MANAGE_OWNERS)
    form = HandOverForm(request.POST, organization=found, user=_person(actor))
    if not form.is_valid():
        return general_page(request, found, status=422, hand_over_form=form)
    heir: Membership = form.cleaned_data["member"]
    members.hand_over(organization=found, actor=actor, to=heir)
    messages.success(request, f"{heir.user.email} owns {found.name} now; you are an admin.")
    return redirect("settings_members", found.slug)


@require_POST
def delete(request: HttpRequest, organization: str) -> HttpResponse:
    actor = Actor.of(request)
    found = access.organization(actor, slug=organization, capability=Capability.DELETE_ORGANIZATION)
    form = DeleteForm(request.POST, organization=found)
    if not form.is_valid():
        return general_page(request, found, status=422, delete_form=form)
    closing.request(organization=found, actor=actor)
    return redirect("settings_organization", found.slug)


@require_POST
def restore(request: HttpRequest, organization: str) -> HttpResponse:
    actor = Actor.of(request)
    found = access.organization(actor, slug=organization, capability=Capability.DELETE_ORGANIZATION)
    closing.restore(organization=found, actor=actor)
    messages.success(request, f"{found.name} stays. Nothing was lost.")
    return redirect("settings_organization", found.slug)


def _is_last_owner(actor: Actor, organization: Organization) -> bool:
    owners = Membership.objects.who_own(organization.pk).values_list("user", flat=True)[:2]
    return list(owners) == [_person(actor).pk]


def _person(actor: Actor) -> User:
    if actor.user is None:
        raise Unauthenticated("Log in.")
    return actor.user
