"""An organization's own keys for providers: added, tested, replaced, made the default, revoked."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from accounts.errors import PlumblineError
from inference import access
from inference.choices import REMOTE_CHOICES, ProviderName
from inference.services import credentials
from inference.views.models import blame, done, form_page, managed

_KEY_HELP = "It is stored encrypted, and never shown again."


def _key_field() -> forms.CharField:
    hidden = forms.PasswordInput({"autocomplete": "off"})
    return forms.CharField(max_length=500, widget=hidden, label="Key", help_text=_KEY_HELP)


class KeyForm(forms.Form):
    name = forms.CharField(max_length=100, help_text="By which you recognise it, such as Research budget.")
    provider = forms.TypedChoiceField(choices=REMOTE_CHOICES, coerce=ProviderName)
    key = _key_field()
    base_url = forms.CharField(
        max_length=500,
        required=False,
        label="Address",
        help_text="Of a server that speaks as the provider does. Empty for the provider's own.",
    )
    is_default = forms.BooleanField(
        required=False,
        label="Use it by default",
        help_text="Wherever a job or an alias names no other key for this provider.",
    )


class ReplaceForm(forms.Form):
    key = _key_field()


class TestForm(forms.Form):
    model = forms.CharField(
        max_length=200, required=False, help_text="Empty for the one that is asked where a job names none."
    )


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, organization: str) -> HttpResponse:
    actor, found = managed(request, organization)
    form = KeyForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            made = credentials.create(organization=found, actor=actor, **form.cleaned_data)
        except PlumblineError as error:
            blame(form, error)
        else:
            return done(request, found, f"The key {made.name} is stored. Test it before you rely on it.")
    lead = "What is asked with it, you pay the provider. It costs nothing here and does not count in your plan."
    return form_page(request, found, form, heading="Add a key", submit="Store key", lead=lead)


@require_http_methods(["GET", "HEAD", "POST"])
def replace(request: HttpRequest, organization: str, credential_id: int) -> HttpResponse:
    actor, found = managed(request, organization)
    chosen = access.credential(found, credential_id=credential_id)
    form = ReplaceForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            credentials.replace(credential=chosen, actor=actor, key=form.cleaned_data["key"])
        except PlumblineError as error:
            blame(form, error)
        else:
            return done(request, found, f"The key {chosen.name} is replaced.")
    lead = "Name, provider and address stay. Calls that run now end with the old key."
    return form_page(request, found, form, heading=f"Replace {chosen.name}", submit="Replace key", lead=lead)


@require_http_methods(["GET", "HEAD", "POST"])
def test(request: HttpRequest, organization: str, credential_id: int) -> HttpResponse:
    """The POST runs a small job with it and shows that."""
    actor, found = managed(request, organization)
    chosen = access.credential(found, credential_id=credential_id)
    form = TestForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            job = credentials.try_out(credential=chosen, actor=actor, model=form.cleaned_data["model"])
        except PlumblineError as error:
            blame(form, error)
        else:
            return redirect("job", found.slug, job.pk)
    lead = "A job of a few words is run with it. Its page says whether the key works."
    return form_page(request, found, form, heading=f"Test {chosen.name}", submit="Run test", lead=lead)


@require_POST
def default(request: HttpRequest, organization: str, credential_id: int) -> HttpResponse:
    """Make it the default of its provider, or no more."""
    actor, found = managed(request, organization)
    chosen = access.credential(found, credential_id=credential_id)
    changed = credentials.set_default(credential=chosen, actor=actor, is_default=not chosen.is_default)
    word = "used by default now" if changed.is_default else "used only where it is named"
    return done(request, found, f"The key {changed.name} is {word}.")


@require_http_methods(["GET", "HEAD", "POST"])
def revoke(request: HttpRequest, organization: str, credential_id: int) -> HttpResponse:
    actor, found = managed(request, organization)
    chosen = access.credential(found, credential_id=credential_id)
    if request.method == "POST":
        credentials.revoke(credential=chosen, actor=actor)
        return done(request, found, f"The key {chosen.name} is revoked.")
    lead = (
        "It is deleted here, and jobs that wait for it fail. At the provider it is valid until you end it there."
    )
    more: dict[str, Any] = {"lead": lead, "danger": True}
    return form_page(request, found, forms.Form(), heading=f"Revoke {chosen.name}?", submit="Revoke key", **more)
