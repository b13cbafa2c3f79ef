"""Make our subscription what it is at Stripe now.

Events tell only that something happened, in any order and more than once; what holds is asked of Stripe, under the
lock of the organization, so that whoever asks later also writes later.
"""

import logging
from datetime import datetime

from django.db import transaction

from accounts.access import SYSTEM, Actor
from accounts.billing.queries.subscriptions import open_of
from accounts.billing.services import coupons, subscriptions
from accounts.billing.stripe import changes
from accounts.billing.stripe.reading import Seen
from accounts.errors import Conflict, Invalid, NotFound
from accounts.models import Coupon, Organization, PlanPrice, Redemption, Subscription

LOG = logging.getLogger(__name__)
State = Subscription.State
_STATES = {
    "trialing": State.TRIALING,
    "active": State.ACTIVE,
    "past_due": State.PAST_DUE,
    "unpaid": State.PAST_DUE,
    "paused": State.PAUSED,
    "canceled": State.CANCELLED,
    "incomplete_expired": State.CANCELLED,
}


def look_up(*, subscription_id: str, at: datetime, now: datetime, actor: Actor = SYSTEM) -> Subscription | None:
    """Ask Stripe and write what it says; `at` is when something happened. None where it is none of ours.

    Raises Conflict where it does not go with what we have, and as `client.asking` does.
    """
    known = Subscription.objects.filter(stripe_subscription_id=subscription_id).first()
    organization_id = known.organization_id if known else changes.look_up(subscription_id).organization_id
    if organization_id is None or not Organization.objects.filter(pk=organization_id).exists():
        LOG.warning(
            "A subscription at Stripe is of no organization here.", extra={"subscription": subscription_id}
        )
        return None
    with transaction.atomic():
        organization = subscriptions.locked(organization_id)
        return apply(organization, changes.look_up(subscription_id), at=at, now=now, actor=actor)


def state_of(seen: Seen) -> Subscription.State | None:
    """What we call its state; None for what has not begun."""
    return State.PAUSED if seen.is_paused and seen.status != "canceled" else _STATES.get(seen.status)


def apply(
    organization: Organization, seen: Seen, *, at: datetime, now: datetime, actor: Actor = SYSTEM
) -> Subscription | None:
    """Write what was seen under the organization's lock. None for what has not begun, or ended before it did."""
    state = state_of(seen)
    found = (
        Subscription.objects.filter(stripe_subscription_id=seen.id).select_related("price__plan", "plan").first()
    )
    if state is None or (found is None and state == State.CANCELLED):
        return None
    subscription = found or _new(organization, seen, actor=actor, now=now)
    if not subscription.is_open:
        # Stripe never opens again what has ended.
        return subscription
    subscription.organization = organization
    subscription.price = _price(seen)
    subscription.plan = subscription.price.plan
    subscription.period_start, subscription.period_end = seen.period_start, seen.period_end
    subscription.trial_ends_at = seen.trial_ends_at
    subscription.cancel_at_period_end = seen.ends_at_period_end
    subscription.updated_from = max(at, subscription.updated_from or at)
    _enter(subscription, state, at=at, ended_at=seen.ended_at or now)
    return subscriptions.save(subscription=subscription, actor=actor, now=now)


def _enter(subscription: Subscription, state: str, *, at: datetime, ended_at: datetime) -> None:
    """The state, with since when. A payment that is due goes on being due since it first was."""
    subscription.state = state
    subscription.past_due_since = (subscription.past_due_since or at) if state == State.PAST_DUE else None
    subscription.paused_at = (subscription.paused_at or at) if state == State.PAUSED else None
    subscription.ended_at = ended_at if state == State.CANCELLED else None


def _new(organization: Organization, seen: Seen, *, actor: Actor, now: datetime) -> Subscription:
    """It takes the place of one by invoice; two at Stripe are a matter for staff."""
    former = open_of(organization)
    if former is not None and former.provider == Subscription.Provider.STRIPE:
        raise Conflict(f"{organization} pays twice at Stripe: {former.stripe_subscription_id} and {seen.id}.")
    if former is not None:
        former.organization = organization
        subscriptions.replace(subscription=former, actor=actor, now=now)
    return Subscription(
        organization=organization,
        provider=Subscription.Provider.STRIPE,
        stripe_subscription_id=seen.id,
        anchor=seen.period_start,
        redemption=_redemption(organization, seen.coupon, actor=actor, now=now),
    )


def _redemption(organization: Organization, code: str, *, actor: Actor, now: datetime) -> Redemption | None:
    coupon = Coupon.objects.coded(code).first() if code else None
    if coupon is None:
        return None
    try:
        return coupons.redeem(coupon=coupon, organization=organization, actor=actor, now=now)
    except Invalid:
        # Stripe has taken it, so it holds: its own count is what forbids too many.
        LOG.warning("A coupon was used more often than it may be.", extra={"coupon": code})
        return None


def _price(seen: Seen) -> PlanPrice:
    found = PlanPrice.objects.select_related("plan").filter(stripe_price_id=seen.base.price_id).first()
    if found is None:
        raise NotFound(f"The subscription {seen.id} has a price that is not ours: {seen.base.price_id}.")
    return found
