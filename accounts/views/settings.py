"""An organization's settings: its secret keys and its members."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts import access
from accounts.access import Actor
from accounts.errors import NotFound
from accounts.models import Organization, SecretKey
from accounts.permissions import Capability, Scope
from accounts.queries import settings
from accounts.services import secret_keys


class SecretKeyForm(forms.Form):
    name = forms.CharField(max_length=200, help_text="What will use it, e.g. Nightly report.")
    scopes = forms.TypedMultipleChoiceField(
        coerce=Scope, choices=Scope.choices, widget=forms.CheckboxSelectMultiple, label="It may"
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def keys(request: HttpRequest, organization: str) -> HttpResponse:
    """The list; a POST makes a key and shows its text in the answer, the only time that it is shown."""
    actor = Actor.of(request)
    found = access.organization(actor, slug=organization, capability=Capability.MANAGE_KEYS)
    form = SecretKeyForm(request.POST if request.method == "POST" else None)
    created: dict[str, Any] = {}
    if form.is_valid():
        key, text = secret_keys.create(organization=found, created_by=actor.user, **form.cleaned_data)
        created, form = {"created": key, "text": text}, SecretKeyForm()
    context = {**_page(found, "keys"), "keys": settings.keys_of(found), "form": form, **created}
    status = 422 if form.errors else 201 if created else 200
    return render(request, "accounts/settings_keys.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def revoke_key(request: HttpRequest, organization: str, key: int) -> HttpResponse:
    """A page that asks, and the POST that does it."""
    found = access.organization(Actor.of(request), slug=organization, capability=Capability.MANAGE_KEYS)
    chosen = _key(found, key)
    if request.method != "POST":
        context = {**_page(found, "keys"), "key": chosen}
        return render(request, "accounts/settings_key_revoke.html", context)
    secret_keys.revoke(key=chosen)
    messages.success(request, f"The key {chosen.name} is revoked.")
    return redirect("settings_keys", found.slug)


@require_safe
def members(request: HttpRequest, organization: str) -> HttpResponse:
    found = access.organization(Actor.of(request), slug=organization, capability=Capability.VIEW_DATA)
    context = {**_page(found, "members"), "members": settings.members_of(found)}
    return render(request, "accounts/settings_members.html", context)


def _page(organization: Organization, tab: str) -> dict[str, Any]:
    return {"organization": organization, "section": "keys", "tab": tab}


def _key(organization: Organization, key: int) -> SecretKey:
    found = organization.secret_keys.filter(pk=key).first()
    if found is None:
        raise NotFound("There is nothing here, or not for you.")
    return found
