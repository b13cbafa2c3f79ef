"""An organization's secret keys: listed, made, replaced and revoked."""

from datetime import timedelta
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import access
from accounts.access import Actor
from accounts.errors import Conflict
from accounts.models import Organization, SecretKey
from accounts.permissions import Capability, Scope, scopes_within
from accounts.queries import settings
from accounts.services import secret_keys
from accounts.services.secret_keys import MOST_REQUESTS_A_MINUTE

_NEVER = 0
_DAYS = [(_NEVER, "Never"), (7, "In 7 days"), (30, "In 30 days"), (90, "In 90 days"), (365, "In a year")]
_HOURS = [
    (0, "At once"), (1, "In an hour"), (24, "In a day"), (168, "In 7 days"), (720, "In 30 days"),
]  # fmt: skip


class SecretKeyForm(forms.Form):
    name = forms.CharField(max_length=200, help_text="What will use it, e.g. Nightly report.")
    scopes = forms.TypedMultipleChoiceField(
        coerce=Scope,
        choices=Scope.choices,
        widget=forms.CheckboxSelectMultiple,
        label="It may",
        error_messages={"required": "Choose at least one thing that the key may do."},
    )
    expires = forms.TypedChoiceField(
        coerce=int,
        choices=_DAYS,
        initial=_NEVER,
        required=False,
        help_text="From then on it is refused.",
    )
    requests_a_minute = forms.IntegerField(
        min_value=1,
        max_value=MOST_REQUESTS_A_MINUTE,
        required=False,
        help_text="More are refused with 429 until the minute is over; empty for no limit.",
    )

    projects = forms.TypedMultipleChoiceField(
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="Only these projects",
        help_text="None chosen: all projects, those that come later as well.",
    )

    def __init__(self, organization: Organization, actor: Actor, data: Any = None) -> None:
        super().__init__(data)
        given = scopes_within(actor.capabilities_in(organization.pk))
        self.fields["scopes"].choices = [(scope.value, scope.label) for scope in given]  # type: ignore[attr-defined]
        field = cast("forms.TypedMultipleChoiceField", self.fields["projects"])
        field.choices = list(organization.projects.values_list("pk", "name"))
        if not field.choices:
            del self.fields["projects"]

    def given(self) -> dict[str, Any]:
        """What the service takes."""
        values = dict(self.cleaned_data)
        days = values.pop("expires") or _NEVER
        projects = values.pop("projects", None) or None
        expires_at = timezone.now() + timedelta(days=days) if days else None
        return {**values, "project_ids": projects, "expires_at": expires_at}


class RotateForm(forms.Form):
    overlap_hours = forms.TypedChoiceField(
        coerce=int,
        choices=_HOURS,
        initial=24,
        label="The old secret ends",
        help_text="Until then both work, so that you can bring the new one to every server.",
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, organization: str) -> HttpResponse:
    """The list; a POST makes a key and shows its secret in the answer, the only time that it is shown."""
    actor = Actor.of(request)
    found = access.organization(actor, slug=organization, capability=Capability.MANAGE_KEYS)
    form = SecretKeyForm(found, actor, request.POST if request.method == "POST" else None)
    if form.is_valid():
        key, text = secret_keys.create(organization=found, actor=actor, **form.given())
        return _shown_once(request, found, key, text)
    return _list(request, found, form, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def rotate(request: HttpRequest, organization: str, key: int) -> HttpResponse:
    """A page that asks for how long the old secret works; the POST shows the new one, once."""
    actor = Actor.of(request)
    found = access.organization(actor, slug=organization, capability=Capability.MANAGE_KEYS)
    chosen = access.key_of(found, key_id=key)
    form = RotateForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            overlap = timedelta(hours=form.cleaned_data["overlap_hours"])
            rotated, text = secret_keys.rotate(key=chosen, actor=actor, overlap=overlap)
        except Conflict as error:
            form.add_error(None, error.message)
        else:
            return _shown_once(request, found, rotated, text)
    context = {**_page(found), "key": chosen, "form": form}
    return render(request, "accounts/settings_key_rotate.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def revoke(request: HttpRequest, organization: str, key: int) -> HttpResponse:
    """A page that asks, and the POST that does it."""
    actor = Actor.of(request)
    found = access.organization(actor, slug=organization, capability=Capability.MANAGE_KEYS)
    chosen = access.key_of(found, key_id=key)
    if request.method != "POST":
        return render(request, "accounts/settings_key_revoke.html", {**_page(found), "key": chosen})
    secret_keys.revoke(key=chosen, actor=actor)
    messages.success(request, f"The key {chosen.name} is revoked.")
    return redirect("settings_keys", found.slug)


def _shown_once(request: HttpRequest, organization: Organization, key: SecretKey, text: str) -> HttpResponse:
    form = SecretKeyForm(organization, Actor.of(request))
    return _list(request, organization, form, created=key, text=text, status=201)


def _list(
    request: HttpRequest, organization: Organization, form: SecretKeyForm, *, status: int, **created: Any
) -> HttpResponse:
    may_cap = Capability.MANAGE_BILLING in Actor.of(request).capabilities_in(organization.pk)
    keys = settings.keys_of(organization)
    context = {**_page(organization), "keys": keys, "form": form, "may_cap": may_cap, **created}
    return render(request, "accounts/settings_keys.html", context, status=status)


def _page(organization: Organization) -> dict[str, Any]:
    return {"organization": organization, "section": "keys", "tab": "keys"}
