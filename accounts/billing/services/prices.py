"""Prices are put on sale and taken from it; what somebody pays is never changed."""

from django.db import transaction
from django.db.models import Count, Q

from accounts.access import Actor
from accounts.audited import Action, Target
from accounts.models import Plan, PlanPrice
from accounts.services import audit

# Of a queryset of prices: the open subscriptions that pay each.
SUBSCRIBERS = Count("subscriptions", filter=Q(subscriptions__ended_at=None))
_AMOUNTS = (
    "currency", "interval", "amount", "events_unit", "events_unit_amount", "tokens_unit", "tokens_unit_amount",
)  # fmt: skip


@transaction.atomic
def add(*, price: PlanPrice, actor: Actor) -> PlanPrice:
    """Put a new price on sale; the active one of its plan, interval and currency is offered no more."""
    plan = Plan.objects.select_for_update().get(pk=price.plan_id)
    if price.is_active:
        same = PlanPrice.objects.filter(
            plan=plan, interval=price.interval, currency=price.currency, is_active=True
        )
        for former in same:
            withdraw(price=former, actor=actor)
    price.save(force_insert=True)
    _note(Action.PRICE_CREATED, price, actor, after={name: getattr(price, name) for name in _AMOUNTS})
    return price


@transaction.atomic
def withdraw(*, price: PlanPrice, actor: Actor) -> None:
    """Offer it no more; who pays it goes on paying it."""
    if PlanPrice.objects.filter(pk=price.pk, is_active=True).update(is_active=False):
        _note(Action.PRICE_WITHDRAWN, price, actor, before={name: getattr(price, name) for name in _AMOUNTS})


def _note(
    action: Action,
    price: PlanPrice,
    actor: Actor,
    before: dict[str, object] | None = None,
    after: dict[str, object] | None = None,
) -> None:
    target = Target(price.pk, str(price))
    audit.record(action=action, actor=actor, organization_id=None, target=target, before=before, after=after)
