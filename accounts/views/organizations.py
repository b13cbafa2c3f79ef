"""A new organization, the first page of its settings, and leaving it."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts import access
from accounts.access import Actor
from accounts.errors import Conflict, Invalid
from accounts.models import Organization, User
from accounts.permissions import Capability
from accounts.services import members, organizations
from accounts.views.closing import RenameForm, general_page


class OrganizationForm(forms.Form):
    name = forms.CharField(
        max_length=200, help_text="Your company or team; its address here is made from the name."
    )


@login_required
def new(request: HttpRequest) -> HttpResponse:
    form = OrganizationForm(request.POST or None)
    if form.is_valid() and isinstance(request.user, User):
        try:
            organization = organizations.create(
                name=form.cleaned_data["name"], owner=request.user, actor=Actor.of(request)
            )
        except (Invalid, Conflict) as error:
            form.add_error("name", error.message)
        else:
            # What an empty organization is for comes next.
            return redirect("project_new", organization.slug)
    status = 422 if form.errors else 200
    # Whoever has none would come back here.
    user = request.user
    may_cancel = isinstance(user, User) and Organization.objects.visible_to(user).exists()
    context = {"form": form, "may_cancel": may_cancel}
    return render(request, "accounts/organization_new.html", context, status=status)


@require_safe
def general(request: HttpRequest, organization: str) -> HttpResponse:
    found = access.organization(Actor.of(request), slug=organization, capability=Capability.VIEW_MEMBERS)
    return general_page(request, found)


@require_POST
def rename(request: HttpRequest, organization: str) -> HttpResponse:
    actor = Actor.of(request)
    found = access.organization(actor, slug=organization, capability=Capability.RENAME_ORGANIZATION)
    form = RenameForm(request.POST)
    if form.is_valid():
        try:
            found = organizations.rename(organization=found, actor=actor, **form.cleaned_data)
        except (Invalid, Conflict) as error:
            for item in error.fields:
                form.add_error(item.field, item.message)
    if form.errors:
        return general_page(request, found, status=422, rename_form=form)
    messages.success(request, f"This is {found.name} now, at /o/{found.slug}/.")
    return redirect("settings_organization", found.slug)


@require_POST
def leave(request: HttpRequest, organization: str) -> HttpResponse:
    actor = Actor.of(request)
    found = access.organization(actor, slug=organization, capability=Capability.VIEW_MEMBERS)
    members.leave(membership=access.own_membership(actor, found), actor=actor)
    messages.success(request, f"You have left {found.name}.")
    return redirect("home")
