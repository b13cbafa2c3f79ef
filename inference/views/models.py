"""The models that can be asked, and the names that an organization gives them."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts import access as accounts_access
from accounts.access import Actor
from accounts.errors import PlumblineError
from accounts.models import Organization
from accounts.permissions import Capability
from inference import access
from inference.models import Alias, Credential
from inference.queries import language_models
from inference.queries.health import SPANS
from inference.routes import split
from inference.services import aliases
from inference.services.aliases import Wanted

_ROWS = 4


class AliasForm(forms.Form):
    """A name and up to four models, in the order in which they are asked."""

    name = forms.CharField(max_length=100, help_text="As jobs will name it, such as fast.")

    def __init__(self, organization: Organization, data: Any = None, alias: Alias | None = None) -> None:
        super().__init__(data)
        own = list(language_models.credentials_of(organization.pk))
        self.keys = {str(key.pk): key for key in own}
        targets = list(alias.targets.all()) if alias else []
        if alias:
            del self.fields["name"]
        for place in range(max(_ROWS, len(targets))):
            self._add(place, own, targets[place] if place < len(targets) else None)

    def _add(self, place: int, own: Iterable[Credential], target: Any) -> None:
        first = place == 0
        self.fields[f"model_{place}"] = forms.CharField(
            label="First model" if first else f"Next model {place}",
            max_length=220,
            required=first,
            initial=str(target).replace(" ", "/", 1) if target else "",
            help_text="As provider/model, such as openai/gpt-5-mini." if first else "",
        )
        self.fields[f"key_{place}"] = forms.ChoiceField(
            label="Asked with" if first else f"Asked with {place}",
            choices=[("", "The usual key"), *((str(key.pk), f"{key} ({key.provider})") for key in own)],
            required=False,
            initial=str(target.credential_id or "") if target else "",
        )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        for name in [name for name in self.fields if name.startswith("model_")]:
            if given.get(name) and split(given[name])[0] is None:
                self.add_error(name, "Name the provider too, as openai/gpt-5-mini or anthropic/claude-sonnet-4-5.")
        return given

    def targets(self) -> list[Wanted]:
        """What the service takes."""
        found = []
        for place in range(len([name for name in self.fields if name.startswith("model_")])):
            provider, model = split(self.cleaned_data.get(f"model_{place}") or "")
            if provider is not None:
                key = self.cleaned_data.get(f"key_{place}") or ""
                found.append(Wanted(provider, model, int(key) if key else None))
        return found


@require_safe
def page(request: HttpRequest, organization: str) -> HttpResponse:
    actor = Actor.of(request)
    found = accounts_access.organization(actor, slug=organization, capability=Capability.VIEW_JOBS)
    may_manage = Capability.MANAGE_MODELS in actor.capabilities_in(found.pk)
    context = {
        "organization": found,
        "section": "models",
        "models": language_models.models_of(found.pk),
        "aliases": language_models.aliases_of(found.pk),
        "credentials": language_models.credentials_of(found.pk) if may_manage else (),
        "may_manage": may_manage,
        "spans": list(SPANS),
    }
    return render(request, "inference/models.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def alias_new(request: HttpRequest, organization: str) -> HttpResponse:
    actor, found = managed(request, organization)
    form = AliasForm(found, request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            made = aliases.create(
                organization=found, actor=actor, name=form.cleaned_data["name"], targets=form.targets()
            )
        except PlumblineError as error:
            blame(form, error)
        else:
            return done(request, found, f"The alias {made.name} can be used now.")
    return form_page(request, found, form, heading="New alias", submit="Create alias", lead=_LEAD)


@require_http_methods(["GET", "HEAD", "POST"])
def alias_edit(request: HttpRequest, organization: str, alias: str) -> HttpResponse:
    actor, found = managed(request, organization)
    chosen = access.alias(found, name=alias)
    form = AliasForm(found, request.POST if request.method == "POST" else None, chosen)
    if form.is_valid():
        try:
            aliases.change(alias=chosen, actor=actor, targets=form.targets())
        except PlumblineError as error:
            blame(form, error)
        else:
            return done(request, found, f"The alias {chosen.name} is changed.")
    return form_page(request, found, form, heading=f"Alias {chosen.name}", submit="Save", lead=_LEAD)


@require_http_methods(["GET", "HEAD", "POST"])
def alias_delete(request: HttpRequest, organization: str, alias: str) -> HttpResponse:
    actor, found = managed(request, organization)
    chosen = access.alias(found, name=alias)
    if request.method == "POST":
        aliases.delete(alias=chosen, actor=actor)
        return done(request, found, f"The alias {chosen.name} is deleted.")
    lead = "From then on the name is taken for a model's. Jobs that wait go to the model they were created for."
    return form_page(
        request,
        found,
        forms.Form(),
        heading=f"Delete {chosen.name}?",
        submit="Delete alias",
        lead=lead,
        danger=True,
    )


_LEAD = "The first model is asked. Where it fails before its first word, the next one is."


def managed(request: HttpRequest, slug: str) -> tuple[Actor, Organization]:
    """Who asks, and the organization whose models and keys they may set up."""
    actor = Actor.of(request)
    return actor, accounts_access.organization(actor, slug=slug, capability=Capability.MANAGE_MODELS)


def form_page(
    request: HttpRequest, organization: Organization, form: forms.Form, *, heading: str, submit: str, **more: Any
) -> HttpResponse:
    """A page of one form."""
    context = {
        "organization": organization,
        "section": "models",
        "form": form,
        "heading": heading,
        "submit": submit,
        "back": reverse("models", args=[organization.slug]),
        **more,
    }
    return render(request, "inference/model_form.html", context, status=422 if form.errors else 200)


def done(request: HttpRequest, organization: Organization, message: str) -> HttpResponse:
    messages.success(request, message)
    return redirect("models", organization.slug)


def blame(form: forms.Form, error: PlumblineError) -> None:
    """Show what a service refused, at its field where the form has it."""
    for item in error.fields:
        form.add_error(item.field if item.field in form.fields else None, item.message)
    if not error.fields:
        form.add_error(None, error.message)
