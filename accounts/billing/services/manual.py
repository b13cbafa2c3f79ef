"""Plans by invoice: somebody asks, staff say yes or no. What costs nothing, and a trial, begin at once."""

from datetime import datetime, timedelta

from django.db import transaction

from accounts.access import Actor
from accounts.audited import Action, Target
from accounts.billing import letters
from accounts.billing.periods import end_of
from accounts.billing.queries.subscriptions import had_trial, open_of
from accounts.billing.services import coupons, lifecycle, subscriptions
from accounts.billing.terms import Interval
from accounts.errors import Conflict
from accounts.models import Organization, PlanPrice, PlanRequest, Subscription
from accounts.services import audit

State = Subscription.State


def request(
    *, organization: Organization, price: PlanPrice, code: str, actor: Actor, now: datetime
) -> PlanRequest | None:
    """Ask for a price; None where it holds at once, since it costs nothing.

    The caller holds the organization's lock. Raises Conflict where something is asked for already, Invalid for a
    coupon that does not hold.
    """
    coupon = coupons.find(code=code, price=price, organization=organization)
    current = open_of(organization)
    if price.terms().is_free:
        _begin(organization, price, current, actor=actor, now=now)
        return None
    if PlanRequest.objects.open().filter(organization=organization).exists():
        raise Conflict("A plan is asked for already; take that back first.")
    if current is None and price.plan.trial_days and not had_trial(organization):
        _try_out(organization, price, actor=actor, now=now)
    asked = PlanRequest.objects.create(
        organization=organization, price=price, coupon=coupon, requested_by=actor.user, created_at=now
    )
    _note(Action.PLAN_REQUESTED, asked, actor)
    return asked


@transaction.atomic
def withdraw(*, organization: Organization, actor: Actor, now: datetime) -> None:
    """Ask no more. Raises Conflict where nothing is asked for."""
    subscriptions.locked(organization.pk)
    asked = PlanRequest.objects.open().filter(organization=organization).first()
    if asked is None:
        raise Conflict("Nothing is asked for.")
    _decide(asked, actor, now, approved=None)
    _note(Action.PLAN_REQUEST_WITHDRAWN, asked, actor)


@transaction.atomic
def approve(*, asked: PlanRequest, actor: Actor, now: datetime) -> Subscription:
    """Put the organization on what it asked for, from now on. Raises Conflict where it was decided already."""
    found, organization = _open(asked)
    current = open_of(organization)
    if current is not None and current.provider == Subscription.Provider.STRIPE:
        raise Conflict(f"{organization} pays by Stripe.")
    _decide(found, actor, now, approved=True)
    _note(Action.PLAN_REQUEST_APPROVED, found, actor)
    begun = _begin(organization, found.price, current, actor=actor, now=now)
    if found.coupon is not None:
        begun.redemption = coupons.redeem(coupon=found.coupon, organization=organization, actor=actor, now=now)
        begun.save(update_fields=["redemption"])
    return begun


@transaction.atomic
def refuse(*, asked: PlanRequest, actor: Actor, now: datetime) -> None:
    """Say no; whoever looks after the payments is told. Raises Conflict where it was decided already."""
    found, organization = _open(asked)
    _decide(found, actor, now, approved=False)
    _note(Action.PLAN_REQUEST_REFUSED, found, actor)
    letters.tell(organization, letters.request_refused(organization, found.price.plan.name))


def _begin(
    organization: Organization, price: PlanPrice, current: Subscription | None, *, actor: Actor, now: datetime
) -> Subscription:
    """A new period at this price from now on, in the place of what is there, whose periods are invoiced first."""
    if current is not None and current.state != State.TRIALING:
        current.organization = organization
        lifecycle.catch_up(current, now=now)
        current = current if current.is_open else None
    subscription = current or Subscription(provider=Subscription.Provider.MANUAL)
    subscription.organization = organization
    subscription.price, subscription.plan = price, price.plan
    subscription.state = State.ACTIVE
    subscription.anchor = subscription.period_start = now
    subscription.period_end = end_of(now, Interval(price.interval), after=now)
    subscription.cancel_at_period_end, subscription.past_due_since, subscription.paused_at = False, None, None
    return subscriptions.save(subscription=subscription, actor=actor, now=now)


def _try_out(organization: Organization, price: PlanPrice, *, actor: Actor, now: datetime) -> None:
    ends = now + timedelta(days=price.plan.trial_days)
    trial = Subscription(
        organization=organization,
        plan=price.plan,
        price=price,
        provider=Subscription.Provider.MANUAL,
        state=State.TRIALING,
        anchor=now,
        period_start=now,
        period_end=ends,
        trial_ends_at=ends,
    )
    subscriptions.save(subscription=trial, actor=actor, now=now)


def _open(asked: PlanRequest) -> tuple[PlanRequest, Organization]:
    organization = subscriptions.locked(asked.organization_id)
    found = PlanRequest.objects.open().filter(pk=asked.pk).first()
    if found is None:
        raise Conflict("This was decided already.")
    return found, organization


def _decide(asked: PlanRequest, actor: Actor, now: datetime, *, approved: bool | None) -> None:
    asked.decided_at, asked.decided_by, asked.is_approved = now, actor.user, approved
    asked.save(update_fields=["decided_at", "decided_by", "is_approved"])


def _note(action: Action, asked: PlanRequest, actor: Actor) -> None:
    audit.record(
        action=action,
        actor=actor,
        organization_id=asked.organization_id,
        target=Target(asked.pk, asked.price.plan.name),
        after={"price": str(asked.price), "coupon": asked.coupon.code if asked.coupon else ""},
    )
