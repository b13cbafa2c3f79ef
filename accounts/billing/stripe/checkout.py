"""Stripe's own pages: Checkout for a first payment, and the portal for cards, addresses and invoices."""

from typing import Any

from django.conf import settings
from django.urls import reverse

from accounts.billing.stripe import catalog
from accounts.billing.stripe.client import api, asking
from accounts.billing.stripe.customers import customer_id
from accounts.errors import NotFound
from accounts.models import BillingProfile, Coupon, Organization, PlanPrice


def begin(
    *, organization: Organization, price: PlanPrice, coupon: Coupon | None, trial_days: int, email: str
) -> str:
    """The address of a page of Stripe's on which this price is paid. Raises as `asking` does."""
    base, *metered = catalog.price_ids(price)
    page = settings.BASE_URL + reverse("settings_plan", args=[organization.slug])
    back = settings.BASE_URL + reverse("plan_paid", args=[organization.slug])
    about = {"organization": str(organization.pk), **({"coupon": coupon.code} if coupon else {})}
    sent: dict[str, Any] = {
        "mode": "subscription",
        "customer": customer_id(organization, email=email),
        "client_reference_id": str(organization.pk),
        "line_items": [{"price": base, "quantity": 1}, *({"price": item} for item in metered)],
        "subscription_data": {"metadata": about},
        "success_url": f"{back}?session={{CHECKOUT_SESSION_ID}}",
        "cancel_url": page,
        "automatic_tax": {"enabled": settings.STRIPE_TAX},
        "tax_id_collection": {"enabled": True},
        "customer_update": {"name": "auto", "address": "auto"},
    }
    if coupon:
        sent["discounts"] = [{"coupon": catalog.coupon_id(coupon)}]
    if trial_days:
        # Without a card the trial ends by itself.
        sent["payment_method_collection"] = "if_required"
        sent["subscription_data"] |= {
            "trial_period_days": trial_days,
            "trial_settings": {"end_behavior": {"missing_payment_method": "cancel"}},
        }
    with asking():
        address = api().v1.checkout.sessions.create(sent).url  # type: ignore[arg-type]  # a TypedDict of theirs
    return address or page


def subscription_of(organization: Organization, *, session_id: str) -> str:
    """The subscription that a session of this organization's has led to; empty while it has not.

    Raises NotFound for another's session, and as `asking` does.
    """
    with asking():
        found = api().v1.checkout.sessions.retrieve(session_id).to_dict()
    if found.get("client_reference_id") != str(organization.pk):
        raise NotFound("There is nothing here, or not for you.")
    return str(found.get("subscription") or "")


def portal(organization: Organization) -> str:
    """The address of Stripe's page of cards and invoices. Raises NotFound for who never paid there."""
    profile = BillingProfile.objects.filter(organization=organization).first()
    if profile is None or not profile.stripe_customer_id:
        raise NotFound("There is no payment by Stripe yet.")
    back = settings.BASE_URL + reverse("settings_plan", args=[organization.slug])
    with asking():
        return (
            api()
            .v1.billing_portal.sessions.create({"customer": profile.stripe_customer_id, "return_url": back})
            .url
        )
