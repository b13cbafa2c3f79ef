"""The one place that writes subscriptions: the organization's plan, the audit log and the e-mails follow.

Whoever changes one holds the lock of its organization (`locked`) from before it looked until it is written.
"""

from dataclasses import asdict, dataclass
from datetime import datetime

from accounts.access import Actor
from accounts.audited import Action, Target
from accounts.billing import letters
from accounts.models import Organization, Plan, Subscription
from accounts.models.subscriptions import GRACE
from accounts.queries.plans import plan_of
from accounts.services import audit

State = Subscription.State


@dataclass(frozen=True, slots=True)
class _Shown:
    """What the audit log has of one, and what letters are about."""

    plan: str
    price: str
    state: str
    cancel_at_period_end: bool


def locked(organization_id: int) -> Organization:
    """The organization's row, locked until the transaction's end."""
    return Organization.objects.select_for_update(of=("self",)).get(pk=organization_id)


def save(*, subscription: Subscription, actor: Actor, now: datetime) -> Subscription:
    """Write a new or changed subscription as it is, with what follows from it."""
    known = Subscription.objects.select_related("plan", "price__plan").filter(pk=subscription.pk).first()
    was = _shown(known) if known else None
    subscription.save()
    became = _shown(subscription)
    _put_on(subscription.organization, subscription.plan if subscription.is_paying else None, now)
    _note(subscription, actor, was, became)
    _tell(subscription, was, became)
    return subscription


def end(*, subscription: Subscription, actor: Actor, now: datetime, at: datetime | None = None) -> Subscription:
    """At once, or as of a moment before; whoever pays by Stripe has ended there before."""
    subscription.state, subscription.ended_at = State.CANCELLED, at or now
    return save(subscription=subscription, actor=actor, now=now)


def replace(*, subscription: Subscription, actor: Actor, now: datetime) -> None:
    """End it for another that begins in the same transaction: the organization does not fall between the two."""
    was = _shown(subscription)
    subscription.state, subscription.ended_at = State.CANCELLED, now
    subscription.save()
    _note(subscription, actor, was, _shown(subscription))


def payment_due(*, subscription: Subscription, actor: Actor, since: datetime, now: datetime) -> Subscription:
    """A payment was not made: the days of grace begin, or go on where they have begun."""
    if subscription.state in {State.ACTIVE, State.TRIALING}:
        subscription.state, subscription.past_due_since = State.PAST_DUE, since
        save(subscription=subscription, actor=actor, now=now)
    return subscription


def payment_made(*, subscription: Subscription, actor: Actor, now: datetime) -> Subscription:
    """What was due is paid."""
    if subscription.state == State.PAST_DUE:
        subscription.state, subscription.past_due_since = State.ACTIVE, None
        save(subscription=subscription, actor=actor, now=now)
    return subscription


def keep_retention(organization: Organization, former: Plan | None, *, now: datetime) -> None:
    """For GRACE the longest retention that held before holds on; the caller saves the organization."""
    kept, until = organization.retention_plan, organization.retention_plan_until
    if former and not (kept and until and now < until and _is_longer(kept, former)):
        organization.retention_plan = former
    organization.retention_plan_until = now + GRACE


def _put_on(organization: Organization, plan: Plan | None, now: datetime) -> None:
    """The plan that holds from now on."""
    if organization.plan_id == (plan.pk if plan else None):
        return
    keep_retention(organization, plan_of(organization.pk), now=now)
    organization.plan = plan
    organization.save(update_fields=["plan", "retention_plan", "retention_plan_until"])


def _is_longer(one: Plan, other: Plan) -> bool:
    if one.retention_months is None or other.retention_months is None:
        return one.retention_months is None
    return one.retention_months > other.retention_months


def _shown(subscription: Subscription) -> _Shown:
    return _Shown(
        plan=subscription.plan.name,
        price=f"{subscription.price.written_amount} a {subscription.price.interval}",
        state=subscription.state,
        cancel_at_period_end=subscription.cancel_at_period_end,
    )


def _note(subscription: Subscription, actor: Actor, was: _Shown | None, became: _Shown) -> None:
    before, after = asdict(was) if was else None, asdict(became)
    if before is not None:
        changed = audit.differing(before, after)
        if changed is None:
            return
        before, after = changed
    action = Action.SUBSCRIPTION_CHANGED if was else Action.SUBSCRIPTION_STARTED
    audit.record(
        action=action if subscription.is_open else Action.SUBSCRIPTION_ENDED,
        actor=actor,
        organization_id=subscription.organization_id,
        target=Target(subscription.pk, subscription.plan.name),
        before=before,
        after=after,
    )


def _tell(subscription: Subscription, was: _Shown | None, became: _Shown) -> None:
    """At most one letter for a change: of what matters most."""
    organization = subscription.organization
    state = was.state if was else ""
    if became.state == State.CANCELLED:
        letters.tell(organization, letters.ended(subscription))
    elif became.state == State.PAST_DUE and state != State.PAST_DUE:
        letters.tell(organization, letters.payment_failed(subscription))
    elif was is None or was.plan != became.plan:
        letters.tell(organization, letters.plan_changed(subscription, was.plan if was else ""))
    elif became.cancel_at_period_end and not was.cancel_at_period_end:
        letters.tell(organization, letters.will_end(subscription))
