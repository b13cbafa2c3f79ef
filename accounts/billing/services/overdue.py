"""An invoice that is not paid in time begins the days of grace of its subscription, until all of them are paid."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from accounts.access import SYSTEM, Actor
from accounts.billing.months import day_of, midnight
from accounts.billing.services import subscriptions
from accounts.models import Invoice, Subscription


def begin_grace(*, now: datetime) -> int:
    """For every subscription with an invoice that is overdue; how many days of grace begin."""
    return sum(_begin(invoice, now) for invoice in _overdue(now).order_by("due_on"))


def settle(*, invoice: Invoice, actor: Actor, now: datetime) -> None:
    """Where nothing of its subscription is overdue any more, it is active again. The caller has the lock."""
    known = Subscription.objects.open().select_related("organization")
    found = known.filter(pk=invoice.subscription_id or 0).first()
    if found is not None and not _overdue(now).filter(subscription_id=found.pk).exists():
        subscriptions.payment_made(subscription=found, actor=actor, now=now)


@transaction.atomic
def _begin(invoice: Invoice, now: datetime) -> bool:
    if invoice.organization_id is None or invoice.due_on is None:
        return False
    organization = subscriptions.locked(invoice.organization_id)
    active = Subscription.objects.open().filter(state=Subscription.State.ACTIVE)
    found = active.filter(pk=invoice.subscription_id or 0).first()
    if found is None or not _overdue(now).filter(subscription_id=found.pk).exists():
        return False
    found.organization = organization
    since = midnight(invoice.due_on + timedelta(days=1))
    subscriptions.payment_due(subscription=found, actor=SYSTEM, since=since, now=now)
    return True


def _overdue(now: datetime) -> QuerySet[Invoice]:
    return Invoice.objects.filter(
        provider=Invoice.Provider.MANUAL,
        state=Invoice.State.OPEN,
        due_on__lt=day_of(now),
        organization__isnull=False,
        subscription_id__isnull=False,
    )
