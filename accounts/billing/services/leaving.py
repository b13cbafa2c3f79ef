"""Nobody pays for an organization that is deleted."""

from accounts.billing.stripe import changes, client
from accounts.models import Subscription


def end_payments(*, organization_id: int) -> None:
    """End what is paid at Stripe, just before the rows go. Raises Unavailable where Stripe does not do it."""
    if not client.is_configured():
        return
    paid = Subscription.objects.open().filter(organization=organization_id, provider=Subscription.Provider.STRIPE)
    for subscription_id in paid.values_list("stripe_subscription_id", flat=True):
        changes.end_now(subscription_id)
