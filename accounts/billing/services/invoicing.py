"""Invoices of subscriptions that are paid by invoice: the base ahead, usage over the quotas after each month.

Run as often as one likes: what a line is for is named, and the database takes it once for a subscription.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import DatabaseError, transaction
from django.db.models import Q

from accounts.billing import periods, rating
from accounts.billing.months import day_of, month_after, month_of
from accounts.billing.queries.cut_short import given_back
from accounts.billing.queries.invoices import usage_between
from accounts.billing.rating import Discount, Line, Period, Used
from accounts.billing.services import issuing
from accounts.errors import PlumblineError
from accounts.models import Invoice, InvoiceLine, Organization, RatedMonth, Subscription

LOG = logging.getLogger(__name__)
State = Subscription.State
_DAY = timedelta(days=1)
# An ended subscription is looked at for so long, for the usage of its last month.
_AFTERWARDS = timedelta(days=70)


def invoice_due(*, now: datetime) -> list[Invoice]:
    """Issue what is due of every subscription by invoice. One's fault stops no other."""
    due = Subscription.objects.filter(provider=Subscription.Provider.MANUAL).filter(
        Q(ended_at=None) | Q(ended_at__gte=now - _AFTERWARDS)
    )
    made = (_or_log(pk, organization_id, now) for pk, organization_id in due.values_list("pk", "organization_id"))
    return [invoice for invoice in made if invoice]


def _or_log(subscription_id: int, organization_id: int, now: datetime) -> Invoice | None:
    try:
        return invoice(subscription_id=subscription_id, organization_id=organization_id, now=now)
    except (PlumblineError, DatabaseError):
        LOG.exception("A subscription was not invoiced.", extra={"organization_id": organization_id})
        return None


@transaction.atomic
def invoice(
    *, subscription_id: int, organization_id: int, now: datetime, until: datetime | None = None
) -> Invoice | None:
    """What is due of one subscription and not invoiced yet, on one invoice; None for nothing.

    Where more is given back than is owed, the rest of that waits for the next. With `until`, usage of the months
    that were over then: whoever catches up makes the invoices that would have been made.
    """
    # Whoever changes a subscription holds this lock (`services.subscriptions`).
    organization = Organization.objects.select_for_update(of=("self",)).get(pk=organization_id)
    known = Subscription.objects.select_related("price__plan", "plan", "redemption__coupon")
    found = known.get(pk=subscription_id)
    if found.state == State.TRIALING:
        return None
    months = _months_to_rate(found, until or now)
    _note_rated(found, months, now)
    # A month that ends in a pause is rated, and costs nothing.
    lines = [] if found.state == State.PAUSED else _lines(found, months)
    if not lines:
        return None
    return issuing.issue(
        organization=organization,
        currency=found.price.currency,
        lines=lines,
        subscription_id=found.pk,
        now=now,
    )


def _lines(found: Subscription, months: Sequence[Used]) -> list[Line]:
    """The base of the period that runs, usage over the quotas, and as much as is owed of what is given back."""
    period = _period(found.period_start, found.period_end)
    owed = [
        *(_base(found, period) if found.is_open else []),
        *rating.overage(found.price.terms(), months),
    ]
    return [*given_back(found, owed=rating.subtotal(owed)), *owed]


def _base(found: Subscription, period: Period) -> list[Line]:
    """The period, paid ahead, with what a coupon takes from it; nothing once it was invoiced."""
    if InvoiceLine.objects.filter(subscription_id=found.pk, covers=f"base:{period.key}").exists():
        return []
    discount = _discount(found, found.period_start)
    return rating.base(found.plan.name, found.price.terms(), period, discount)


def _months_to_rate(found: Subscription, now: datetime) -> list[Used]:
    """Every month that is over and was not rated, as far as the subscription reached into it.

    The terms are those of now, which is minutes after its end. What was used in a trial is free.
    """
    begun = max(found.created_at, found.trial_ends_at) if found.trial_ends_at else found.created_at
    after = min(day_of(found.ended_at), month_of(now)) if found.ended_at else month_of(now)
    rated = set(found.rated_months.values_list("month", flat=True))
    month = day_of(begun)
    months: list[Used] = []
    while month < after:
        following = min(month_after(month), after)
        if month.replace(day=1) not in rated:
            months.append(usage_between(found.organization_id, first=month, after=following))
        month = following
    return months


def _note_rated(found: Subscription, months: Sequence[Used], now: datetime) -> None:
    RatedMonth.objects.bulk_create(
        RatedMonth(
            subscription=found,
            month=used.first.replace(day=1),
            events=used.events,
            tokens=used.tokens,
            rated_at=now,
        )
        for used in months
    )


def _period(start: datetime, end: datetime) -> Period:
    """By days: from the day of its start to the one before the day of its end."""
    first = day_of(start)
    return Period(periods.key(start), first, max(first, day_of(end) - _DAY))


def _discount(found: Subscription, moment: datetime) -> Discount | None:
    """The coupon, for the payments that it lowers: the first one is the first with it, also after a change."""
    if found.redemption is None:
        return None
    coupon = found.redemption.coupon
    made = InvoiceLine.objects.filter(subscription_id=found.pk, kind=rating.LineKind.DISCOUNT)
    lowered = made.filter(description=rating.coupon_words(coupon.code)).exclude(invoice__state=Invoice.State.VOID)
    if not found.redemption.holds_at(moment, payments=lowered.count()):
        return None
    return Discount(coupon.code, coupon.percent, coupon.amount or 0)
