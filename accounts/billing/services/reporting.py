"""Tell Stripe of the blocks that were begun over the quotas, from the ledger: each once."""

import logging
from datetime import date, datetime, timedelta

from django.db import DatabaseError, transaction

from accounts.billing.months import midnight, month_after, month_of
from accounts.billing.queries.blocks import blocks_begun
from accounts.billing.services import subscriptions
from accounts.billing.stripe import client, metering
from accounts.billing.stripe.metering import Report
from accounts.billing.terms import Overage
from accounts.errors import PlumblineError
from accounts.models import ReportedBlocks, Subscription

LOG = logging.getLogger(__name__)
# For so long after its end a month is still told of: what was sealed late.
_AFTERWARDS = timedelta(hours=2)
_MOMENT = timedelta(seconds=1)


def report_due(*, now: datetime) -> int:
    """Tell of what is new of every subscription at Stripe; how many reports. One's fault stops no other."""
    if not client.is_configured():
        return 0
    running = month_of(now)
    months = {running, month_of(now - _AFTERWARDS)}
    due = Subscription.objects.open().filter(provider=Subscription.Provider.STRIPE)
    return sum(
        _told_or_logged(subscription_id, month, kind, now)
        for subscription_id in due.order_by("pk").values_list("pk", flat=True)
        for month in sorted(months)
        for kind in Overage
    )


def _told_or_logged(subscription_id: int, month: date, kind: Overage, now: datetime) -> bool:
    try:
        return _tell(subscription_id, month, kind, now)
    except (PlumblineError, DatabaseError):
        LOG.exception("Usage over a quota was not reported.", extra={"subscription": subscription_id})
        return False


def _tell(subscription_id: int, month: date, kind: Overage, now: datetime) -> bool:
    row = _begin(subscription_id, month, kind, now)
    if row is None or row.telling is None or row.telling_at is None:
        return False
    metering.send(
        Report(
            organization_id=row.subscription.organization_id,
            kind=kind,
            blocks=row.telling - row.told,
            identifier=f"{subscription_id}:{month:%Y-%m}:{kind.value}:{row.telling}",
            at=row.telling_at,
        )
    )
    ReportedBlocks.objects.filter(pk=row.pk, telling=row.telling).update(
        told=row.telling, telling=None, telling_at=None
    )
    return True


@transaction.atomic
def _begin(subscription_id: int, month: date, kind: Overage, now: datetime) -> ReportedBlocks | None:
    """What is to be told: what an earlier run began, else what is new; None for nothing."""
    organization_id = Subscription.objects.values_list("organization_id", flat=True).get(pk=subscription_id)
    subscriptions.locked(organization_id)
    found = Subscription.objects.select_related("price__plan").get(pk=subscription_id)
    row = (
        ReportedBlocks.objects.select_related("subscription")
        .filter(subscription=found, month=month, kind=kind.value)
        .first()
    )
    if row is not None and row.telling is not None:
        return row
    blocks = blocks_begun(found, month, kind)
    if blocks <= (row.told if row else 0):
        return None
    row = row or ReportedBlocks(subscription=found, month=month, kind=kind.value)
    row.telling, row.telling_at = blocks, min(now, midnight(month_after(month)) - _MOMENT)
    row.save()
    return row
