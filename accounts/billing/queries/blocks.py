"""Blocks over a quota, as Stripe is told of them."""

from datetime import date

from accounts.billing.months import day_of, month_after
from accounts.billing.queries.invoices import usage_between
from accounts.billing.terms import Overage
from accounts.models import Subscription


def blocks_begun(found: Subscription, month: date, kind: Overage) -> int:
    """How many the ledger has of a month, since the subscription began; nothing of a trial."""
    if found.state == Subscription.State.TRIALING:
        return 0
    begun = max(found.created_at, found.trial_ends_at) if found.trial_ends_at else found.created_at
    used = usage_between(found.organization_id, first=max(month, day_of(begun)), after=month_after(month))
    return found.price.terms().of(kind).blocks(used.events if kind is Overage.EVENTS else used.tokens)
