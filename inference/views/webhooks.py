"""Webhooks for people: listed, made, changed, tried; and what was sent to each."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts import access as accounts_access
from accounts.access import Actor
from accounts.errors import PlumblineError
from accounts.models import Organization
from accounts.permissions import Capability
from inference import access
from inference.choices import DeliveryStatus, WebhookEvent
from inference.models import WebhookEndpoint
from inference.services import deliveries, endpoints

_PAGE = 25
_HOURS = [(0, "At once"), (1, "In an hour"), (24, "In a day"), (168, "In 7 days")]


class WebhookForm(forms.Form):
    url = forms.CharField(
        max_length=500, label="Address", widget=forms.URLInput, help_text="https://, on the internet."
    )
    description = forms.CharField(max_length=200, required=False, help_text="What listens there.")
    events = forms.MultipleChoiceField(
        choices=WebhookEvent.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="Tell it when",
        help_text="None chosen: all of these, and those that come later as well.",
    )
    with_answer = forms.BooleanField(
        required=False,
        initial=True,
        label="Send the answer as well",
        help_text="Without it, the message says how a job ended, and you fetch what it answered.",
    )

    def refuse(self, error: PlumblineError) -> None:
        """Show what the service says of the fields."""
        for each in error.fields:
            self.add_error(each.field, each.message)
        if not error.fields:
            self.add_error(None, error.message)


class SecretForm(forms.Form):
    overlap_hours = forms.TypedChoiceField(
        coerce=int,
        choices=_HOURS,
        initial=24,
        label="The old secret ends",
        help_text="Until then messages carry a signature of each, so that you can change it where they arrive.",
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def listing(request: HttpRequest, organization: str) -> HttpResponse:
    """The list; a POST makes a webhook and shows its secret in the answer, the only time that it is shown."""
    actor = Actor.of(request)
    found = _entered(actor, organization)
    own = access.webhooks(actor, organization=found)
    form = WebhookForm(request.POST if request.method == "POST" else None)
    shown: dict[str, Any] = {}
    if form.is_valid():
        try:
            made, secret = endpoints.create(organization=found, actor=actor, **form.cleaned_data)
        except PlumblineError as error:
            form.refuse(error)
        else:
            shown, form = {"made": made, "secret": secret}, WebhookForm()
    status = 422 if form.errors else 201 if shown else 200
    context = {**_page(found), "webhooks": own, "most": endpoints.MOST, "form": form, **shown}
    return render(request, "inference/webhooks.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def detail(request: HttpRequest, organization: str, webhook_id: UUID) -> HttpResponse:
    """One webhook with what was sent to it; a POST changes it."""
    actor = Actor.of(request)
    found = _found(actor, organization, webhook_id)
    initial = {name: getattr(found, name) for name in WebhookForm.base_fields}
    form = WebhookForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        try:
            endpoints.change(endpoint=found, actor=actor, **form.cleaned_data)
        except PlumblineError as error:
            form.refuse(error)
        else:
            messages.success(request, "Saved.")
            return redirect("webhook", organization, webhook_id)
    return _shown(request, found, form)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def rotate(request: HttpRequest, organization: str, webhook_id: UUID) -> HttpResponse:
    """A page that asks for how long the old secret signs as well; the POST shows the new one, once."""
    actor = Actor.of(request)
    found = _found(actor, organization, webhook_id)
    form = SecretForm(request.POST if request.method == "POST" else None)
    context = {**_page(found.organization), "webhook": found, "form": form}
    if form.is_valid():
        overlap = timedelta(hours=form.cleaned_data["overlap_hours"])
        context["webhook"], context["secret"] = endpoints.rotate(endpoint=found, actor=actor, overlap=overlap)
    return render(request, "inference/webhook_rotate.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, organization: str, webhook_id: UUID) -> HttpResponse:
    """A page that asks, and the POST that does it."""
    actor = Actor.of(request)
    found = _found(actor, organization, webhook_id)
    if request.method != "POST":
        return render(request, "inference/webhook_delete.html", {**_page(found.organization), "webhook": found})
    endpoints.delete(endpoint=found, actor=actor)
    messages.success(request, "The webhook is deleted.")
    return redirect("webhooks", organization)


@require_POST
def switch(request: HttpRequest, organization: str, webhook_id: UUID) -> HttpResponse:
    """On where `to` is `on`, else off."""
    actor = Actor.of(request)
    is_on = request.POST.get("to") == "on"
    endpoints.switch(endpoint=_found(actor, organization, webhook_id), actor=actor, is_on=is_on)
    messages.success(request, f"The webhook is {'on' if is_on else 'off'}.")
    return redirect("webhook", organization, webhook_id)


@require_POST
def test(request: HttpRequest, organization: str, webhook_id: UUID) -> HttpResponse:
    deliveries.send_test(endpoint=_found(Actor.of(request), organization, webhook_id))
    messages.success(request, "A test message is on its way. Load the page again to see whether it arrived.")
    return redirect("webhook", organization, webhook_id)


@require_POST
def resend(request: HttpRequest, organization: str, webhook_id: UUID, delivery_id: UUID) -> HttpResponse:
    found = _found(Actor.of(request), organization, webhook_id)
    deliveries.resend(delivery=access.delivery(found, delivery_id=delivery_id))
    messages.success(request, "The message is sent again.")
    return redirect("webhook", organization, webhook_id)


def _shown(request: HttpRequest, webhook: WebhookEndpoint, form: WebhookForm) -> HttpResponse:
    wanted = request.GET.get("status", "")
    sent = webhook.deliveries.defer("body")
    if wanted in DeliveryStatus:
        sent = sent.filter(status=wanted)
    context = {
        **_page(webhook.organization),
        "webhook": webhook,
        "form": form,
        "page": Paginator(sent, _PAGE).get_page(request.GET.get("page")),
        "status": wanted,
        "statuses": DeliveryStatus.choices,
        "query": f"?status={wanted if wanted in DeliveryStatus else ''}",
    }
    return render(request, "inference/webhook.html", context, status=422 if form.errors else 200)


def _entered(actor: Actor, organization: str) -> Organization:
    return accounts_access.organization(actor, slug=organization, capability=Capability.MANAGE_WEBHOOKS)


def _found(actor: Actor, organization: str, webhook_id: UUID) -> WebhookEndpoint:
    return access.webhook(actor, organization=_entered(actor, organization), endpoint_id=webhook_id)


def _page(organization: Organization) -> dict[str, Any]:
    return {"organization": organization, "section": "webhooks"}
