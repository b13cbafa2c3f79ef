"""Settings, Plan: what holds and what is offered; choosing, changing, cancelling."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import access
from accounts.access import Actor
from accounts.billing import money
from accounts.billing.queries.offers import compare, extras_of, facts_of
from accounts.billing.queries.standing import standing
from accounts.billing.services import choosing, coupons, manual, profiles
from accounts.billing.services.choosing import Cost
from accounts.billing.stripe import checkout, client, sync
from accounts.errors import Invalid, PlumblineError
from accounts.models import BillingProfile, Organization, PlanPrice, Subscription
from accounts.permissions import Capability


class CouponForm(forms.Form):
    coupon = forms.CharField(max_length=40, required=False, widget=forms.TextInput(attrs={"autocomplete": "off"}))


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]  # not a generic at run time
    class Meta:
        model = BillingProfile
        fields = profiles.FIELDS
        labels = {"email": "E-mail address"}  # noqa: RUF012
        widgets = {"address": forms.Textarea(attrs={"rows": 3})}  # noqa: RUF012 (Django's way)


@require_safe
def page(request: HttpRequest, organization: str) -> HttpResponse:
    found = access.organization(Actor.of(request), slug=organization, capability=Capability.VIEW_BILLING)
    return _page(request, found)


@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: HttpRequest, organization: str, price_id: int) -> HttpResponse:
    """What a price costs now, and the POST that takes it."""
    actor, found = _entered(request, organization)
    price = access.price(price_id)
    form = CouponForm(request.POST if request.method == "POST" else request.GET)
    cost: Cost | None = None
    if not form.is_valid():
        return _choice(request, found, price, form, cost)
    code, now = form.cleaned_data["coupon"], timezone.now()
    try:
        if request.method == "POST":
            address = choosing.choose(organization=found, price=price, code=code, actor=actor, now=now)
            return _taken(request, found, price, address)
        cost = choosing.cost(organization=found, price=price, code=code, now=now)
    except PlumblineError as error:
        _blame(form, error)
        if "coupon" in form.errors:
            # What it costs without one that does not hold.
            cost = choosing.cost(organization=found, price=price, code="", now=now)
    return _choice(request, found, price, form, cost)


@require_safe
def paid(request: HttpRequest, organization: str) -> HttpResponse:
    """Back from the page of payment. What was paid is asked of Stripe, for its event may take longer."""
    actor, found = _entered(request, organization)
    now = timezone.now()
    session = request.GET.get("session", "")
    subscription = checkout.subscription_of(found, session_id=session) if session.startswith("cs_") else ""
    done = sync.look_up(subscription_id=subscription, at=now, now=now, actor=actor) if subscription else None
    if done is None:
        return render(request, "accounts/plan_waiting.html", _common(found))
    messages.success(request, f"{found.name} is on the plan {done.plan.name}.")
    return redirect("settings_plan", found.slug)


@require_POST
def portal(request: HttpRequest, organization: str) -> HttpResponse:
    _, found = _entered(request, organization)
    return _leave(request, found, checkout.portal(found))


@require_POST
def cancel(request: HttpRequest, organization: str) -> HttpResponse:
    return _done(
        request, organization, choosing.cancel, "The plan ends with its period. Until then you can take that back."
    )


@require_POST
def keep(request: HttpRequest, organization: str) -> HttpResponse:
    return _done(request, organization, choosing.keep, "The plan goes on.")


@require_POST
def pause(request: HttpRequest, organization: str) -> HttpResponse:
    return _done(request, organization, choosing.pause, "The plan is paused.")


@require_POST
def resume(request: HttpRequest, organization: str) -> HttpResponse:
    return _done(request, organization, choosing.resume, "The plan goes on.")


@require_POST
def withdraw(request: HttpRequest, organization: str) -> HttpResponse:
    return _done(request, organization, manual.withdraw, "You do not ask for it any more.")


@require_POST
def profile(request: HttpRequest, organization: str) -> HttpResponse:
    actor, found = _entered(request, organization)
    form = ProfileForm(request.POST)
    if not form.is_valid():
        return _page(request, found, form)
    profiles.change(organization=found, actor=actor, values=form.cleaned_data)
    messages.success(request, "Invoices go there from now on.")
    return redirect("settings_plan", found.slug)


def _page(request: HttpRequest, found: Organization, sent: ProfileForm | None = None) -> HttpResponse:
    actor, now = Actor.of(request), timezone.now()
    stands = standing(found, now=now)
    known = BillingProfile.objects.filter(organization=found).first()
    context = {
        **_common(found),
        "standing": stands,
        "comparison": compare(
            interval=request.GET.get("interval", ""),
            currency=request.GET.get("currency", ""),
            current=stands.subscription,
        ),
        "may_manage": Capability.MANAGE_BILLING in actor.capabilities_in(found.pk),
        "by_stripe": client.is_configured(),
        "has_cards": client.is_configured() and known is not None and known.stripe_customer_id != "",
        "profile_form": sent or ProfileForm(instance=known),
    }
    return render(request, "accounts/settings_plan.html", context, status=422 if sent else 200)


def _choice(
    request: HttpRequest, found: Organization, price: PlanPrice, form: CouponForm, cost: Cost | None
) -> HttpResponse:
    code = "" if form.errors else form.cleaned_data.get("coupon", "")
    context = {
        **_common(found),
        "coupon": coupons.find(code=code, price=price, organization=found),
        "price": price,
        "facts": facts_of(price.plan),
        "extras": extras_of(price),
        "cost": cost,
        "due": money.written(abs(cost.now), cost.currency) if cost else "",
        "first": money.written(cost.first, cost.currency) if cost else "",
        "asks": not client.is_configured() and not price.terms().is_free,
        "form": form,
    }
    return render(request, "accounts/plan_choose.html", context, status=422 if form.errors else 200)


def _taken(request: HttpRequest, found: Organization, price: PlanPrice, address: str) -> HttpResponse:
    if address:
        return _leave(request, found, address)
    stands = standing(found, now=timezone.now())
    asked = stands.request is not None and stands.request.price_id == price.pk
    words = (
        f"You have asked for the plan {price.plan.name}."
        if asked
        else (f"{found.name} is on the plan {price.plan.name}.")
    )
    messages.success(request, words)
    return redirect("settings_plan", found.slug)


def _leave(request: HttpRequest, found: Organization, address: str) -> HttpResponse:
    """To a page of Stripe's by a page of ours, since the policy lets no form lead elsewhere."""
    return render(request, "accounts/plan_leave.html", {**_common(found), "address": address})


def _done(
    request: HttpRequest, organization: str, service: Callable[..., Subscription | None], words: str
) -> HttpResponse:
    actor, found = _entered(request, organization)
    service(organization=found, actor=actor, now=timezone.now())
    messages.success(request, words)
    return redirect("settings_plan", found.slug)


def _blame(form: CouponForm, error: PlumblineError) -> None:
    named = isinstance(error, Invalid) and any(item.field == "coupon" for item in error.fields)
    form.add_error("coupon" if named else None, error.message)


def _entered(request: HttpRequest, organization: str) -> tuple[Actor, Organization]:
    actor = Actor.of(request)
    return actor, access.organization(actor, slug=organization, capability=Capability.MANAGE_BILLING)


def _common(found: Organization) -> dict[str, Any]:
    return {"organization": found, "section": "keys", "tab": "plan"}
