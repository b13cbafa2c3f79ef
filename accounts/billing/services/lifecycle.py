"""What time does to subscriptions. Safe to run at any time, as often as one likes, on any number of machines."""

import logging
from datetime import datetime, timedelta

from django.db import DatabaseError, transaction
from django.db.models import Q

from accounts.access import SYSTEM
from accounts.billing import letters
from accounts.billing.periods import end_of
from accounts.billing.services import invoicing, subscriptions
from accounts.billing.stripe import changes, client, sync
from accounts.billing.terms import Interval
from accounts.errors import PlumblineError
from accounts.models import Subscription
from accounts.models.subscriptions import GRACE
from accounts.querysets import SubscriptionQuerySet

LOG = logging.getLogger(__name__)
State = Subscription.State
TRIAL_NOTICE = timedelta(days=3)
# After a period's end Stripe takes about an hour to charge the next; who hears nothing for longer asks.
SILENCE = timedelta(hours=3)


def move_due(*, now: datetime) -> int:
    """Move every subscription for which it is time; how many were looked at. One's fault stops no other."""
    due = list(_due(now).values_list("pk", "organization_id"))
    for subscription_id, organization_id in due:
        try:
            _move(subscription_id, organization_id, now)
        except (PlumblineError, DatabaseError):
            LOG.exception("A subscription was not moved.", extra={"organization_id": organization_id})
    return len(due)


def _due(now: datetime) -> SubscriptionQuerySet:
    trial_ends_soon = Q(state=State.TRIALING, trial_notice_at=None, trial_ends_at__lte=now + TRIAL_NOTICE)
    return Subscription.objects.open().filter(
        Q(period_end__lte=now) | Q(past_due_since__lte=now - GRACE) | trial_ends_soon
    )


@transaction.atomic
def _move(subscription_id: int, organization_id: int, now: datetime) -> None:
    organization = subscriptions.locked(organization_id)
    found = Subscription.objects.open().filter(pk=subscription_id).first()
    if found is None:
        return
    found.organization = organization
    catch_up(found, now=now)
    if found.is_open and found.grace_ends_at is not None and now >= found.grace_ends_at:
        _end(found, now)
    elif found.is_open and found.provider == Subscription.Provider.STRIPE:
        _ask_stripe(found, now)
    _announce_trial_end(found, now)


def catch_up(found: Subscription, *, now: datetime) -> None:
    """Go through the periods by invoice that are over, however long nobody looked: each is invoiced before the
    next begins. The last ends with a trial that nobody paid, with what was cancelled, or with the days of grace.

    The caller holds the organization's lock.
    """
    if found.provider != Subscription.Provider.MANUAL:
        return
    until = min(now, found.grace_ends_at or now)
    while found.is_open and found.state != State.PAUSED and found.period_end <= until:
        _turn(found, now)


def _turn(found: Subscription, now: datetime) -> None:
    end = found.period_end
    invoicing.invoice(subscription_id=found.pk, organization_id=found.organization_id, now=now, until=end)
    if found.state == State.TRIALING or found.cancel_at_period_end:
        _end_as_of(found, end, now)
        return
    found.period_start, found.period_end = end, end_of(found.anchor, Interval(found.price.interval), after=end)
    subscriptions.save(subscription=found, actor=SYSTEM, now=now)


def _end_as_of(found: Subscription, at: datetime, now: datetime) -> None:
    """With what was used over the quotas until then, where that month is over by now."""
    subscriptions.end(subscription=found, actor=SYSTEM, now=now, at=at)
    if found.provider == Subscription.Provider.MANUAL:
        invoicing.invoice(subscription_id=found.pk, organization_id=found.organization_id, now=now)


def _ask_stripe(found: Subscription, now: datetime) -> None:
    if now >= found.period_end + SILENCE and client.is_configured():
        seen = changes.look_up(found.stripe_subscription_id)
        sync.apply(found.organization, seen, at=now, now=now)


def _end(found: Subscription, now: datetime) -> None:
    """The days of grace are over."""
    if found.provider == Subscription.Provider.STRIPE:
        changes.end_now(found.stripe_subscription_id)
    _end_as_of(found, min(found.grace_ends_at or now, now), now)


def _announce_trial_end(found: Subscription, now: datetime) -> None:
    ends = found.trial_ends_at
    if found.state != State.TRIALING or found.trial_notice_at is not None or ends is None:
        return
    if now < ends <= now + TRIAL_NOTICE:
        found.trial_notice_at = now
        found.save(update_fields=["trial_notice_at"])
        letters.tell(found.organization, letters.trial_ends(found, ends))
