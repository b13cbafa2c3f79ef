"""Choose, change, cancel and pause a plan, by whichever provider the installation has."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts.access import Actor
from accounts.audited import Action, Target
from accounts.billing import proration
from accounts.billing.periods import MONTHS, end_of
from accounts.billing.queries.subscriptions import had_trial, open_of
from accounts.billing.services import coupons, lifecycle, manual, subscriptions
from accounts.billing.stripe import changes, checkout, client, sync
from accounts.billing.stripe.reading import Seen
from accounts.billing.terms import Interval
from accounts.errors import Conflict, FieldError, Invalid
from accounts.models import Organization, PlanPrice, Subscription
from accounts.permissions import Capability
from accounts.services import audit

State = Subscription.State


@dataclass(frozen=True, slots=True)
class Cost:
    """What a choice costs now, in minor units; less than 0 is credited.

    `trial_days` come before `first`, the first payment, is due. Where a coupon lowers it, `coupon` says for which
    payments, and for how many `months`.
    """

    now: int
    currency: str
    first: int
    trial_days: int = 0
    coupon: str = ""
    months: int | None = None


def cost(*, organization: Organization, price: PlanPrice, code: str, now: datetime) -> Cost:
    """Before anybody decides. Raises as `choose` does."""
    current = open_of(organization)
    _check(current, price)
    if current is not None and current.provider == Subscription.Provider.STRIPE:
        _refuse_coupon(code)
        due = changes.preview(current.stripe_subscription_id, price, at=now)
        return Cost(due.amount, due.currency, price.amount)
    coupon = coupons.find(code=code, price=price, organization=organization)
    first = coupon.off(price.amount) if coupon else price.amount
    lasts = (coupon.duration, coupon.months) if coupon else ("", None)
    if current is None or current.price.terms().is_free:
        days = 0 if price.terms().is_free else _trial_days(organization, price, current)
        return Cost(0 if days else first, price.currency, first, days, *lasts)
    return Cost(first - _unused(current, now), price.currency, first, 0, *lasts)


def choose(*, organization: Organization, price: PlanPrice, code: str, actor: Actor, now: datetime) -> str:
    """Take a price: the address of the page on which it is paid, or nothing where there is nothing to pay there.

    Raises Forbidden; Invalid, naming the field, for a price or coupon that does not hold; Conflict where the state
    does not allow it; PaymentRefused where the card is.
    """
    actor.require(organization.pk, Capability.MANAGE_BILLING)
    with transaction.atomic():
        found = subscriptions.locked(organization.pk)
        current = open_of(found)
        _check(current, price)
        if current is not None and current.provider == Subscription.Provider.STRIPE:
            _change(found, current, price, code=code, actor=actor, now=now)
            return ""
        if not client.is_configured() or price.terms().is_free:
            manual.request(organization=found, price=price, code=code, actor=actor, now=now)
            return ""
    return _pay(organization, price, current, code=code, actor=actor)


def cancel(*, organization: Organization, actor: Actor, now: datetime) -> Subscription:
    """At the period's end. Raises Conflict where there is nothing to cancel."""
    return _end_with_period(organization, actor, now, ends=True)


def keep(*, organization: Organization, actor: Actor, now: datetime) -> Subscription:
    """Take the cancelling back."""
    return _end_with_period(organization, actor, now, ends=False)


@transaction.atomic
def pause(*, organization: Organization, actor: Actor, now: datetime) -> Subscription:
    """Pay nothing and be on the default plan, until it is resumed. Raises Conflict for what is not active."""
    found = _current(organization, actor, now)
    if found.state != State.ACTIVE or found.cancel_at_period_end:
        raise Conflict("Only what is active and not cancelled can be paused.")
    if found.provider == Subscription.Provider.STRIPE:
        return _applied(found, changes.pause(found.stripe_subscription_id), actor, now)
    found.state, found.paused_at = State.PAUSED, now
    return subscriptions.save(subscription=found, actor=actor, now=now)


@transaction.atomic
def resume(*, organization: Organization, actor: Actor, now: datetime) -> Subscription:
    """Go on after a pause, with the period that was paid or a new one. Raises Conflict for what is not paused."""
    found = _current(organization, actor, now)
    if found.state != State.PAUSED:
        raise Conflict("It is not paused.")
    if found.provider == Subscription.Provider.STRIPE:
        return _applied(found, changes.resume(found.stripe_subscription_id), actor, now)
    found.state, found.paused_at = State.ACTIVE, None
    if now >= found.period_end:
        found.anchor = found.period_start = now
        found.period_end = end_of(now, Interval(found.price.interval), after=now)
    return subscriptions.save(subscription=found, actor=actor, now=now)


@transaction.atomic
def _end_with_period(organization: Organization, actor: Actor, now: datetime, *, ends: bool) -> Subscription:
    found = _current(organization, actor, now)
    if found.cancel_at_period_end == ends:
        raise Conflict("It is cancelled already." if ends else "It is not cancelled.")
    if found.provider == Subscription.Provider.STRIPE:
        seen = changes.end_with_period(found.stripe_subscription_id, ends=ends)
        return _applied(found, seen, actor, now)
    found.cancel_at_period_end = ends
    return subscriptions.save(subscription=found, actor=actor, now=now)


def _current(organization: Organization, actor: Actor, now: datetime) -> Subscription:
    """What runs at this moment, also where the worker has not come to it yet."""
    actor.require(organization.pk, Capability.MANAGE_BILLING)
    locked = subscriptions.locked(organization.pk)
    found = open_of(locked)
    if found is not None:
        found.organization = locked
        lifecycle.catch_up(found, now=now)
    if found is None or not found.is_open:
        raise Conflict("There is no subscription.")
    return found


def _check(current: Subscription | None, price: PlanPrice) -> None:
    if not (price.is_active and price.plan.is_public):
        raise _not("This price is not offered.")
    if current is None:
        return
    if current.price_id == price.pk and current.state != State.TRIALING:
        raise _not("This is your plan already.")
    if current.state in {State.PAST_DUE, State.PAUSED} or current.cancel_at_period_end:
        raise Conflict("First pay what is due, resume it, or take the cancelling back.")
    if current.price.terms().is_free:
        return
    if price.terms().is_free:
        raise _not("To pay nothing any more, cancel what runs.")
    if current.price.currency != price.currency:
        raise _not(
            f"What runs is paid in {current.price.currency}; another currency can be chosen once it has ended."
        )


def _change(
    organization: Organization, current: Subscription, price: PlanPrice, *, code: str, actor: Actor, now: datetime
) -> None:
    _refuse_coupon(code)
    # A longer period is due whole, also where it is cheaper by the month.
    longer = MONTHS[Interval(price.interval)] > MONTHS[Interval(current.price.interval)]
    pay_now = longer or _yearly(price) > _yearly(current.price)
    seen = changes.change_price(current.stripe_subscription_id, price, at=now, pay_now=pay_now)
    sync.apply(organization, seen, at=now, now=now, actor=actor)


def _refuse_coupon(code: str) -> None:
    if code.strip():
        message = "A coupon is used with the first payment only."
        raise Invalid(message, fields=[FieldError("coupon", message)])


def _pay(
    organization: Organization, price: PlanPrice, current: Subscription | None, *, code: str, actor: Actor
) -> str:
    coupon = coupons.find(code=code, price=price, organization=organization)
    address = checkout.begin(
        organization=organization,
        price=price,
        coupon=coupon,
        trial_days=_trial_days(organization, price, current),
        email=actor.user.email if actor.user else "",
    )
    with transaction.atomic():
        audit.record(
            action=Action.CHECKOUT_STARTED,
            actor=actor,
            organization_id=organization.pk,
            target=Target(price.pk, price.plan.name),
            after={"price": str(price), "coupon": coupon.code if coupon else ""},
        )
    return address


def _applied(found: Subscription, seen: Seen, actor: Actor, now: datetime) -> Subscription:
    return sync.apply(found.organization, seen, at=now, now=now, actor=actor) or found


def _trial_days(organization: Organization, price: PlanPrice, current: Subscription | None) -> int:
    """One trial for an organization, and only for who has no plan of the kind yet."""
    return 0 if current is not None or had_trial(organization) else price.plan.trial_days


def _unused(current: Subscription, now: datetime) -> int:
    if current.state == State.TRIALING:
        return 0
    return proration.unused(current.price.amount, start=current.period_start, end=current.period_end, at=now)


def _yearly(price: PlanPrice) -> int:
    return price.amount * 12 // MONTHS[Interval(price.interval)]


def _not(message: str) -> Invalid:
    return Invalid(message, fields=[FieldError("price", message)])
