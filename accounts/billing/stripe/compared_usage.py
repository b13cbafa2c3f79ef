"""Has Stripe counted the blocks over the quotas that the ledger has: of months that are over.

While a month runs, Stripe is told every ten minutes and adds up later, so the three never stand still together.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from django.db.models import Q, Sum
from django.utils import timezone

from accounts.billing.months import midnight, month_after
from accounts.billing.queries.blocks import blocks_begun
from accounts.billing.stripe.asking_all import PAGE, of_each, paged
from accounts.billing.stripe.catalog import METERS
from accounts.billing.stripe.client import api
from accounts.billing.terms import Overage
from accounts.models import Organization, ReportedBlocks, Subscription

# Until then the last of a month is told.
_TOLD_AFTER = timedelta(hours=3)


def differences(month: date, *, now: datetime | None = None) -> list[str]:
    """Nothing of a month that runs."""
    if (now or timezone.now()) < midnight(month_after(month)) + _TOLD_AFTER:
        return []
    return [*_ledger_and_told(month), *_told_and_counted(month)]


def _ledger_and_told(month: date) -> Iterator[str]:
    """By the prices of now, of what is open: a subscription that has ended is not told of any more."""
    told = {(row.subscription_id, row.kind): row.told for row in ReportedBlocks.objects.filter(month=month)}
    priced = Q(price__events_unit__isnull=False) | Q(price__tokens_unit__isnull=False)
    found = Subscription.objects.open().filter(
        priced, provider=Subscription.Provider.STRIPE, created_at__lt=midnight(month_after(month))
    )
    for subscription in found.select_related("price__plan", "organization").order_by("pk").iterator():
        for kind in Overage:
            ours, said = blocks_begun(subscription, month, kind), told.get((subscription.pk, kind.value), 0)
            if ours != said:
                yield (
                    f"{subscription.organization}: the ledger has {ours:,} blocks of {kind.value}, "
                    f"Stripe was told of {said:,}."
                )


def _told_and_counted(month: date) -> list[str]:
    told = {
        (row["subscription__organization"], row["kind"]): row["sum"]
        for row in ReportedBlocks.objects.filter(month=month)
        .values("subscription__organization", "kind")
        .annotate(sum=Sum("told"))
        .order_by()
    }
    if not told:
        return []
    meters = {
        meter["event_name"]: meter["id"] for meter in paged(lambda: api().v1.billing.meters.list({"limit": PAGE}))
    }

    def compare(organization: Organization, customer: str) -> Iterator[str]:
        for kind in Overage:
            said, meter = told.get((organization.pk, kind.value)), meters.get(METERS[kind], "")
            counted = _counted(meter, customer, month) if said and meter else 0
            if said and said != counted:
                yield (
                    f"{organization}: Stripe was told of {said:,} blocks of {kind.value}, "
                    f"and has counted {counted:,}."
                )

    return of_each(compare)


def _counted(meter: str, customer: str, month: date) -> int:
    """What Stripe's meter adds up to in the month."""
    period = {
        "customer": customer,
        "start_time": int(midnight(month).timestamp()),
        "end_time": int(midnight(month_after(month)).timestamp()),
        "limit": PAGE,
    }
    found = paged(lambda: api().v1.billing.meters.event_summaries.list(meter, period))  # type: ignore[arg-type]  # a dict
    return sum(int(summary["aggregated_value"]) for summary in found)
