"""`billing reconcile` asks Stripe itself, and prints what is missing on either side, or differs."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.access import Actor
from accounts.billing.meters import Meter
from accounts.billing.months import month_after, month_of
from accounts.billing.services import choosing, ledger, reporting
from accounts.billing.services.ledger import Posting
from accounts.billing.stripe import asking_all, compared_usage
from accounts.models import BillingProfile, Invoice, InvoiceLine, ReportedBlocks, Subscription
from tests import factories
from tests.accounts.billing.test_reconcile import reconcile

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("default_plan")]


def month() -> str:
    return f"{timezone.now():%Y-%m}"


@pytest.fixture
def paid(stripe, organization, owner, deliver):
    """Acme has paid for a month, with a coupon."""
    price = factories.PlanPriceFactory.create(plan__name="Small", amount=2_900)
    factories.CouponFactory.create(code="TEN", percent=10, duration="forever")
    address = choosing.choose(
        organization=organization, price=price, code="TEN", actor=Actor(user=owner), now=timezone.now()
    )
    stripe.pay(address.rpartition("/")[2])
    for event in stripe.events():
        assert deliver(event) == 200
    return Subscription.objects.get()


def forget(invoice: Invoice) -> None:
    """As if its event had never come; the database lets nobody delete an invoice."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        InvoiceLine.objects.filter(invoice=invoice).delete()
        Invoice.objects.filter(pk=invoice.pk).delete()
        cursor.execute("SET session_replication_role = origin")


def test_where_stripe_has_the_same_nothing_differs(paid):
    code, printed = reconcile(month())

    assert (code, printed.count(": agree")) == (0, 7)


def test_without_a_key_stripe_is_not_asked(paid, settings):
    settings.STRIPE_SECRET_KEY = ""

    code, printed = reconcile(month())

    assert code == 0
    assert "Stripe: not asked, for no key is set" in printed


def test_an_invoice_that_is_missing_here(paid, organization):
    forget(Invoice.objects.get())

    code, printed = reconcile(month())

    assert code == 1
    assert "of €26.10 is missing here; at Stripe it is paid." in printed


def test_an_invoice_that_is_missing_there(paid, organization):
    made = factories.InvoiceFactory.create(
        organization=organization, provider="stripe", stripe_invoice_id="in_gone", number="S-9", state="open",
        issued_at=timezone.now(),
    )  # fmt: skip

    code, printed = reconcile(month())

    assert code == 1
    assert f"The invoice {made.number} (in_gone) is missing at Stripe." in printed


def test_an_invoice_of_an_organization_that_is_gone_is_compared_too(paid):
    factories.InvoiceFactory.create(
        organization=None, provider="stripe", stripe_invoice_id="in_gone", number="S-9", state="open",
        issued_at=timezone.now(),
    )  # fmt: skip

    assert "(in_gone) is missing at Stripe." in reconcile(month())[1]


def test_an_invoice_that_differs(stripe, paid):
    (there,) = stripe.books.invoices.values()
    there |= {"total": 2_500, "currency": "usd", "status": "void"}

    code, printed = reconcile(month())

    assert code == 1
    assert "is of €26.10 here, at Stripe of $25.00." in printed
    assert "is paid here, at Stripe void." in printed


def test_a_draft_and_another_month_are_not_compared(stripe, paid):
    forget(Invoice.objects.get())
    (there,) = stripe.books.invoices.values()
    there["status"] = "draft"
    assert reconcile(month())[0] == 0

    there["status"] = "paid"
    before = month_of(timezone.now()) - timedelta(days=1)

    assert reconcile(f"{before:%Y-%m}")[0] == 0


def test_a_subscription_that_is_missing_here(stripe, paid):
    Subscription.objects.all().delete()

    code, printed = reconcile(month())

    assert code == 1
    assert (
        f"Acme: the subscription {paid.stripe_subscription_id} is missing here; at Stripe it is active." in printed
    )


def test_one_that_ended_before_it_was_known_is_none_of_ours(stripe, paid):
    stripe.run_out(paid.stripe_subscription_id)
    Subscription.objects.all().delete()

    assert reconcile(month())[0] == 0


def test_a_subscription_that_is_missing_there(paid):
    Subscription.objects.update(stripe_subscription_id="sub_gone")

    code, printed = reconcile(month())

    assert code == 1
    assert "Acme: the subscription sub_gone is missing at Stripe." in printed


def test_a_subscription_that_differs(stripe, paid):
    larger = factories.PlanPriceFactory.create(amount=9_900)
    Subscription.objects.update(
        price=larger, state="past_due", past_due_since=timezone.now(), cancel_at_period_end=True,
        period_end=datetime(2099, 1, 1, tzinfo=UTC),
    )  # fmt: skip

    code, printed = reconcile(month())

    assert code == 1
    for words in (
        "here it is past_due, at Stripe active.",
        "here it costs €99.00, at Stripe €29.00.",
        "here its period ends on 1 January 2099, at Stripe on",
        "it ends with its period here, and not at Stripe.",
    ):
        assert words in printed


def test_a_customer_that_is_missing_there_stops_no_other(stripe, paid, stranger):
    other = stranger.memberships.get().organization
    factories.BillingProfileFactory.create(organization=other, stripe_customer_id="cus_gone")
    forget(Invoice.objects.get())

    code, printed = reconcile(month())

    assert code == 1
    assert f"{other}: the customer cus_gone is missing at Stripe." in printed
    assert "is missing here; at Stripe it is paid." in printed


def test_where_stripe_does_not_answer_it_says_so_and_fails(paid, settings):
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"

    code, printed = reconcile(month())

    assert code == 1
    assert "Acme and who follows were not compared" in printed


def test_lists_are_asked_for_page_by_page_and_end_somewhere(stripe, paid, monkeypatch):
    monkeypatch.setattr("accounts.billing.stripe.compared_invoices.PAGE", 2)
    monkeypatch.setattr("accounts.billing.stripe.compared_invoices.MOST", 5)
    monkeypatch.setattr(asking_all, "MOST", 5)
    known = stripe.ask("GET", f"/v1/subscriptions/{paid.stripe_subscription_id}")
    for _ in range(8):
        stripe.settle(known, [stripe.base(known)])

    code, printed = reconcile(month())

    asked = [path for method, path, _ in stripe.requests if method == "GET" and path.startswith("/v1/invoices?")]
    assert code == 1
    assert len(asked) == 3
    assert "has more than 5 invoices" in printed


def test_one_month_s_invoices_over_several_pages_are_all_compared(stripe, paid, deliver, monkeypatch):
    monkeypatch.setattr("accounts.billing.stripe.compared_invoices.PAGE", 2)
    known = stripe.ask("GET", f"/v1/subscriptions/{paid.stripe_subscription_id}")
    for _ in range(4):
        stripe.settle(known, [stripe.base(known)])

    assert reconcile(month())[1].count("is missing here; at Stripe it is paid.") == 4


def use(organization, events: int, at: datetime) -> None:
    with transaction.atomic():
        ledger.post(organization_id=organization.pk, postings=[Posting(f"{at}", Meter.EVENTS, events, at)])


@pytest.fixture
def metered(stripe, organization, owner, deliver):
    """Acme pays for what is over 1,000 events, and used 1,150 in a month that is over."""
    price = factories.PlanPriceFactory.create(
        plan__name="Metered", plan__events_a_month=1_000, events_unit=100, events_unit_amount=250
    )
    address = choosing.choose(
        organization=organization, price=price, code="", actor=Actor(user=owner), now=timezone.now()
    )
    stripe.pay(address.rpartition("/")[2])
    for event in stripe.events():
        deliver(event)
    now = timezone.now()
    use(organization, 1_150, now)
    reporting.report_due(now=now)
    return month_of(now)


def after(first) -> datetime:
    return datetime(*month_after(first).timetuple()[:3], 6, tzinfo=UTC)


def test_blocks_that_stripe_has_counted_agree(metered, organization):
    assert ReportedBlocks.objects.get().told == 2
    assert compared_usage.differences(metered, now=after(metered)) == []


def test_blocks_that_stripe_was_not_told_of(metered, organization):
    use(organization, 200, timezone.now())

    assert compared_usage.differences(metered) == []
    assert compared_usage.differences(metered, now=after(metered)) == [
        "Acme: the ledger has 4 blocks of events, Stripe was told of 2."
    ]


def test_blocks_that_stripe_has_not_counted(stripe, metered):
    stripe.meter_events.clear()

    assert compared_usage.differences(metered, now=after(metered)) == [
        "Acme: Stripe was told of 2 blocks of events, and has counted 0."
    ]


def test_customers_are_those_that_are_stored(stripe, paid):
    BillingProfile.objects.update(stripe_customer_id="")

    printed = reconcile(month())[1]

    assert "subscriptions here and at Stripe: agree" in printed
    # The invoice is asked for by its own id.
    assert "invoices here and at Stripe: agree" in printed
