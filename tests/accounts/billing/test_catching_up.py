"""A worker that stood still: every period is invoiced once, and nothing of it is lost or charged twice."""

from datetime import UTC, date, datetime, timedelta

import pytest

from accounts.access import Actor
from accounts.billing.meters import Meter
from accounts.billing.services import choosing, invoicing, ledger, lifecycle, manual, payments
from accounts.billing.services.ledger import Posting
from accounts.errors import Conflict
from accounts.models import Invoice, PlanRequest, RatedMonth, Subscription
from tests import factories

pytestmark = pytest.mark.django_db
START = datetime(2026, 11, 10, 9, tzinfo=UTC)
# Three periods and two weeks later.
LATE = datetime(2027, 2, 24, 9, tzinfo=UTC)


@pytest.fixture
def subscription(organization):
    """By invoice since 10 November: 99 euros a month, 1,000 events included, 2.50 for each 100 more."""
    price = factories.PlanPriceFactory.create(
        plan__name="Growth", plan__events_a_month=1_000, currency="EUR", amount=9_900, events_unit=100,
        events_unit_amount=250,
    )  # fmt: skip
    return factories.SubscriptionFactory.create(
        organization=organization, plan=price.plan, price=price, provider="manual", state="active", anchor=START,
        created_at=START, period_start=START, period_end=datetime(2026, 12, 10, 9, tzinfo=UTC),
    )  # fmt: skip


def use(organization, events: int, day: date) -> None:
    ledger.post(organization_id=organization.pk, postings=[Posting(f"{day}", Meter.EVENTS, events, START, on=day)])


def run(now: datetime) -> None:
    """What the worker does, twice: nothing is to come of the second time."""
    for _ in range(2):
        lifecycle.move_due(now=now)
        invoicing.invoice_due(now=now)


def invoiced() -> list[list[tuple[str, str, int]]]:
    """By invoice, its lines: the first day, what for, and how much."""
    return [
        [(str(line.first_day), line.description.partition(",")[0], line.amount) for line in invoice.lines.all()]
        for invoice in Invoice.objects.order_by("pk")
    ]


def test_three_periods_later_each_is_invoiced_once_with_its_own_usage(organization, subscription):
    run(START)
    use(organization, 1_100, date(2026, 11, 20))
    use(organization, 1_200, date(2026, 12, 20))
    use(organization, 1_300, date(2027, 1, 20))

    run(LATE)

    over = "Events over the quota"
    assert invoiced() == [
        [("2026-11-10", "Plan Growth", 9_900)],
        [("2026-11-10", over, 250)],
        [("2026-12-10", "Plan Growth", 9_900), ("2026-12-01", over, 500)],
        [("2027-01-10", "Plan Growth", 9_900), ("2027-01-01", over, 750)],
        [("2027-02-10", "Plan Growth", 9_900)],
    ]
    assert {invoice.issued_at for invoice in Invoice.objects.all()} == {START, LATE}


def test_it_comes_to_the_same_as_a_worker_that_never_slept(organization, subscription):
    use(organization, 1_100, date(2026, 11, 20))
    use(organization, 1_300, date(2027, 1, 20))
    for days in range((LATE - START).days + 1):
        run(START + timedelta(days=days))
    awake = sum(invoice.total for invoice in Invoice.objects.all())
    # As before, for another organization.
    other = factories.OrganizationFactory.create()
    factories.SubscriptionFactory.create(
        organization=other, plan=subscription.plan, price=subscription.price, provider="manual", state="active",
        anchor=START, created_at=START, period_start=START, period_end=datetime(2026, 12, 10, 9, tzinfo=UTC),
    )  # fmt: skip
    use(other, 1_100, date(2026, 11, 20))
    use(other, 1_300, date(2027, 1, 20))

    run(LATE)

    assert sum(invoice.total for invoice in Invoice.objects.of(other)) == awake == 4 * 9_900 + 250 + 750


def test_what_was_cancelled_ends_with_its_period_whenever_that_is_noticed(organization, subscription):
    Subscription.objects.update(cancel_at_period_end=True)
    use(organization, 1_100, date(2026, 12, 5))
    use(organization, 9_999, date(2026, 12, 15))

    run(LATE)

    subscription.refresh_from_db()
    assert (subscription.state, subscription.ended_at) == ("cancelled", datetime(2026, 12, 10, 9, tzinfo=UTC))
    assert invoiced() == [
        [("2026-11-10", "Plan Growth", 9_900)], [("2026-12-01", "Events over the quota", 250)],
    ]  # fmt: skip


def test_days_of_grace_end_when_they_would_have_ended(subscription):
    run(START)
    Subscription.objects.update(state="past_due", past_due_since=datetime(2026, 11, 25, tzinfo=UTC))

    run(LATE)

    subscription.refresh_from_db()
    assert subscription.ended_at == datetime(2026, 12, 25, tzinfo=UTC)
    assert invoiced() == [[("2026-11-10", "Plan Growth", 9_900)]]


def test_a_cancelling_is_of_the_period_that_runs(organization, owner, subscription):
    found = choosing.cancel(organization=organization, actor=Actor(user=owner), now=LATE)

    assert (found.period_start, found.cancel_at_period_end) == (datetime(2027, 2, 10, 9, tzinfo=UTC), True)
    assert len(invoiced()) == 3


def test_what_has_ended_meanwhile_cannot_be_cancelled(organization, owner, subscription):
    Subscription.objects.update(cancel_at_period_end=True)

    with pytest.raises(Conflict, match="no subscription"):
        choosing.keep(organization=organization, actor=Actor(user=owner), now=LATE)


def test_another_price_begins_after_the_periods_of_the_one_before(organization, owner, subscription):
    larger = factories.PlanPriceFactory.create(plan__name="Large", currency="EUR", amount=30_000)
    choosing.choose(organization=organization, price=larger, code="", actor=Actor(user=owner), now=LATE)
    manual.approve(asked=PlanRequest.objects.get(), actor=Actor(), now=LATE)

    run(LATE)

    assert [lines[0][:2] for lines in invoiced()] == [
        ("2026-11-10", "Plan Growth"), ("2026-12-10", "Plan Growth"), ("2027-01-10", "Plan Growth"),
        ("2027-02-24", "Plan Large"),
    ]  # fmt: skip


def test_more_than_is_owed_is_given_back_bit_by_bit_until_all_of_it_is(organization, owner):
    """A year of 1,200 euros, changed for 10 euros a month after half of it: 600 and some euros are owed back."""
    year = factories.PlanPriceFactory.create(plan__name="Year", currency="EUR", amount=120_000, interval="year")
    month = factories.PlanPriceFactory.create(plan__name="Month", currency="EUR", amount=1_000)
    begun, changed = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)
    for price, now in ((year, begun), (month, changed)):
        choosing.choose(organization=organization, price=price, code="", actor=Actor(user=owner), now=now)
        manual.approve(asked=PlanRequest.objects.open().get(), actor=Actor(), now=now)
        run(now)

    run(datetime(2026, 12, 15, tzinfo=UTC))
    Subscription.objects.update(price=factories.PlanPriceFactory.create(currency="EUR", amount=70_000))
    run(datetime(2027, 1, 1, tzinfo=UTC))

    given = [
        -line.amount for invoice in Invoice.objects.order_by("pk") for line in invoice.lines.filter(kind="unused")
    ]
    # 184 of 365 days are left.
    assert given == [1_000] * 6 + [60_493 - 6_000]
    assert [invoice.total for invoice in Invoice.objects.order_by("pk")] == [120_000, *[0] * 6, 70_000 - 54_493]


def test_what_a_void_invoice_gave_back_is_given_back_again(organization, subscription):
    run(START)
    changed = datetime(2026, 11, 25, 9, tzinfo=UTC)
    larger = factories.PlanPriceFactory.create(plan__name="Large", currency="EUR", amount=30_000)
    following = {"anchor": changed, "period_start": changed, "period_end": datetime(2026, 12, 25, 9, tzinfo=UTC)}
    Subscription.objects.update(price=larger, plan=larger.plan, **following)
    run(changed)
    payments.close(invoice=Invoice.objects.latest("pk"), state=Invoice.State.VOID, actor=Actor(), now=changed)

    run(datetime(2026, 12, 25, 9, tzinfo=UTC))

    assert invoiced()[-1] == [
        ("2026-11-25", "Unused time of plan Growth: 15 of 30 days", -4_950),
        ("2026-12-25", "Plan Large", 30_000),
    ]


def test_a_coupon_of_the_first_payment_is_of_the_first_after_a_change(organization, owner, subscription):
    """As the page of the plan says before anybody asks for it."""
    run(START)
    larger = factories.PlanPriceFactory.create(plan__name="Large", currency="EUR", amount=30_000)
    factories.CouponFactory.create(code="TEN", percent=10, duration="once")
    changed, acting = START + timedelta(days=15), Actor(user=owner)
    cost = choosing.cost(organization=organization, price=larger, code="ten", now=changed)
    choosing.choose(organization=organization, price=larger, code="ten", actor=acting, now=changed)
    manual.approve(asked=PlanRequest.objects.get(), actor=Actor(), now=changed)

    run(changed)
    run(datetime(2026, 12, 25, 9, tzinfo=UTC))

    found = Invoice.objects.order_by("pk")
    assert [invoice.total for invoice in found] == [9_900, cost.now, 30_000]
    assert cost.now == 27_000 - 4_950


def test_a_month_that_ends_in_a_pause_is_rated_and_costs_nothing(organization, owner, subscription):
    run(START)
    use(organization, 5_000, date(2026, 11, 20))
    choosing.pause(organization=organization, actor=Actor(user=owner), now=START + timedelta(days=15))
    run(START + timedelta(days=22))
    choosing.resume(organization=organization, actor=Actor(user=owner), now=START + timedelta(days=23))
    run(START + timedelta(days=24))

    assert len(invoiced()) == 1
    assert RatedMonth.objects.get().events == 5_000
