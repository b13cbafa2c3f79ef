"""Proration and coupons by Stripe: what is shown before, what is charged, and what is kept of it here."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from accounts.access import Actor
from accounts.billing.services import choosing
from accounts.errors import Invalid, PaymentRefused
from accounts.models import BillingProfile, Invoice, Subscription
from tests import factories
from tests.simulators.stripe.front import FAILING

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("default_plan")]


@pytest.fixture
def small():
    return factories.PlanPriceFactory.create(plan__name="Small", amount=2_900)


@pytest.fixture
def large():
    return factories.PlanPriceFactory.create(plan__name="Large", amount=9_900)


@pytest.fixture
def acting(owner):
    return Actor(user=owner)


@pytest.fixture
def pay(stripe, organization, small, acting, deliver):
    """`pay(code)`: Acme pays for the small plan, and Stripe's events come in."""

    def paid(code: str = "") -> Subscription:
        address = choosing.choose(
            organization=organization, price=small, code=code, actor=acting, now=timezone.now()
        )
        stripe.pay(address.rpartition("/")[2])
        tell(stripe, deliver)
        return Subscription.objects.get(organization=organization)

    return paid


def tell(stripe, deliver) -> None:
    for event in stripe.events():
        assert deliver(event) == 200


def middle(subscription: Subscription) -> datetime:
    return subscription.period_start + (subscription.period_end - subscription.period_start) / 2


def kept() -> list[tuple[str, int, list[tuple[str, int]]]]:
    """Of each invoice its state, its total, and its lines by their first words."""
    return [
        (
            invoice.state,
            invoice.total,
            [(line.description.partition(" on ")[0], line.amount) for line in invoice.lines.all()],
        )
        for invoice in Invoice.objects.order_by("pk")
    ]


def amounts() -> list[tuple[int, list[int]]]:
    return [(total, [amount for _, amount in lines]) for _, total, lines in kept()]


def test_an_upgrade_in_the_middle_costs_half_of_the_difference(
    stripe, pay, organization, large, acting, deliver
) -> None:
    half = middle(pay())

    cost = choosing.cost(organization=organization, price=large, code="", now=half)
    choosing.choose(organization=organization, price=large, code="", actor=acting, now=half)
    tell(stripe, deliver)

    assert (cost.now, cost.currency) == (3_500, "EUR")
    assert amounts() == [(2_900, [2_900]), (3_500, [-1_450, 4_950])]
    assert kept()[1][2] == [("Unused time", -1_450), ("Remaining time", 4_950)]


def test_a_downgrade_in_the_middle_is_credited_to_the_next_invoice(
    stripe, pay, organization, acting, deliver
) -> None:
    subscription = pay()
    tiny = factories.PlanPriceFactory.create(plan__name="Tiny", amount=900)
    half = middle(subscription)

    cost = choosing.cost(organization=organization, price=tiny, code="", now=half)
    choosing.choose(organization=organization, price=tiny, code="", actor=acting, now=half)
    tell(stripe, deliver)
    assert (cost.now, len(kept())) == (-1_000, 1)

    stripe.renew(subscription.stripe_subscription_id)
    tell(stripe, deliver)

    # What is credited is more than the next month costs; Stripe keeps the rest as a balance.
    assert amounts()[1] == (-100, [-1_450, 450, 900])


def test_a_yearly_price_begins_a_year_of_its_own(stripe, pay, organization, small, acting, deliver) -> None:
    year = factories.PlanPriceFactory.create(plan=small.plan, amount=29_000, interval="year")
    half = middle(pay())

    cost = choosing.cost(organization=organization, price=year, code="", now=half)
    choosing.choose(organization=organization, price=year, code="", actor=acting, now=half)
    tell(stripe, deliver)

    found = Subscription.objects.get()
    assert (cost.now, found.price) == (29_000 - 1_450, year)
    assert found.period_end - found.period_start > timedelta(days=364)
    assert amounts()[1] == (27_550, [-1_450, 29_000])


@pytest.mark.parametrize(
    "dearer", [{"amount": 9_900}, {"amount": 29_000, "interval": "year"}], ids=["plan", "year"]
)
def test_what_the_card_does_not_pay_is_neither_changed_nor_invoiced(
    stripe, pay, organization, acting, deliver, dearer
) -> None:
    """A year is due whole, also where it costs less than twelve months."""
    price = factories.PlanPriceFactory.create(plan__name="Large", **dearer)
    half = middle(pay())
    stripe.use_card(BillingProfile.objects.get().stripe_customer_id, FAILING)

    with pytest.raises(PaymentRefused):
        choosing.choose(organization=organization, price=price, code="", actor=acting, now=half)
    tell(stripe, deliver)

    assert amounts() == [(2_900, [2_900])]


def test_a_coupon_of_the_first_payment_is_on_the_first_invoice_only(
    stripe, pay, organization, small, deliver
) -> None:
    factories.CouponFactory.create(code="SPRING", percent=50, duration="once")

    subscription = pay("spring")
    stripe.renew(subscription.stripe_subscription_id)
    tell(stripe, deliver)

    assert [(state, total) for state, total, _ in kept()] == [("paid", 1_450), ("paid", 2_900)]
    assert kept()[0][2][1] == ("Discount", -1_450)
    assert subscription.redemption is not None
    assert subscription.redemption.coupon.code == "SPRING"


@pytest.mark.parametrize(
    ("coupon", "totals"),
    [
        ({"percent": 10, "duration": "forever"}, [2_610, 2_610, 2_610]),
        (
            {"percent": None, "amount": 500, "currency": "EUR", "duration": "months", "months": 2},
            [2_400, 2_400, 2_900],
        ),
    ],
    ids=["for ever", "two months"],
)
def test_a_coupon_holds_for_as_long_as_it_says(stripe, pay, deliver, coupon, totals) -> None:
    factories.CouponFactory.create(code="SPRING", **coupon)

    subscription = pay("SPRING")
    for days in (31, 62):
        at = (timezone.now() + timedelta(days=days)).timestamp()
        stripe.renew(subscription.stripe_subscription_id, at=at)
    tell(stripe, deliver)

    assert [total for _, total, _ in kept()] == totals


def test_of_a_discounted_period_only_what_was_paid_is_credited(
    stripe, pay, organization, large, acting, deliver
) -> None:
    factories.CouponFactory.create(code="SPRING", percent=50, duration="once")
    half = middle(pay("SPRING"))

    cost = choosing.cost(organization=organization, price=large, code="", now=half)
    choosing.choose(organization=organization, price=large, code="", actor=acting, now=half)
    tell(stripe, deliver)

    assert cost.now == 4_950 - 725
    assert amounts()[1] == (4_225, [-725, 4_950])


def test_a_coupon_for_ever_is_on_what_an_upgrade_costs_as_well(
    stripe, pay, organization, large, acting, deliver
) -> None:
    factories.CouponFactory.create(code="ALWAYS", percent=10, duration="forever")
    half = middle(pay("ALWAYS"))

    cost = choosing.cost(organization=organization, price=large, code="", now=half)
    choosing.choose(organization=organization, price=large, code="", actor=acting, now=half)
    tell(stripe, deliver)

    assert cost.now == 4_950 - 495 - 1_305
    assert amounts()[1] == (cost.now, [-1_305, 4_950, -495])


def test_a_change_takes_no_coupon(pay, organization, large, acting) -> None:
    factories.CouponFactory.create(code="SPRING", percent=50, duration="once")
    half = middle(pay())

    with pytest.raises(Invalid, match="first payment only"):
        choosing.cost(organization=organization, price=large, code="SPRING", now=half)
    with pytest.raises(Invalid, match="first payment only"):
        choosing.choose(organization=organization, price=large, code="SPRING", actor=acting, now=half)


def test_an_invoice_of_many_lines_is_kept_whole(stripe, pay, organization, acting, deliver) -> None:
    """It comes with its first ten; the others are asked for."""
    subscription = pay()
    known = stripe.ask("GET", f"/v1/subscriptions/{subscription.stripe_subscription_id}")
    period = {"start": known["current_period_start"], "end": known["current_period_end"]}
    stripe.settle(
        known, [stripe.books.line(known["id"], 100 + place, f"Line {place}", period) for place in range(25)]
    )
    tell(stripe, deliver)

    invoice = Invoice.objects.latest("pk")
    assert sum(line.amount for line in invoice.lines.all()) == invoice.subtotal == 25 * 100 + 300
    assert invoice.lines.count() == 25
