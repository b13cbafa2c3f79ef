"""Who an organization is at Stripe."""

from django.db import transaction

from accounts.billing.stripe.catalog import once
from accounts.billing.stripe.client import api, asking
from accounts.models import BillingProfile, Organization


@transaction.atomic
def customer_id(organization: Organization, *, email: str) -> str:
    """Stripe's customer; made where there is none. Raises as `asking` does."""
    BillingProfile.objects.get_or_create(organization=organization)
    profile = BillingProfile.objects.select_for_update().get(organization=organization)
    if not profile.stripe_customer_id:
        with asking():
            made = api().v1.customers.create(
                {
                    "name": profile.name or organization.name,
                    "email": profile.email or email,
                    "metadata": {"organization": str(organization.pk)},
                },
                once("customer", organization.pk, organization.created_at),  # type: ignore[arg-type]  # a TypedDict of theirs
            )
        profile.stripe_customer_id = made.id
        profile.save(update_fields=["stripe_customer_id"])
    return profile.stripe_customer_id
