"""Invoices of subscriptions by invoice: what is on them, that they are numbered without gaps and never change."""

import threading
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.access import SYSTEM
from accounts.billing.meters import Meter
from accounts.billing.rating import Line, LineKind
from accounts.billing.services import invoicing, issuing, ledger, overdue, payments
from accounts.billing.services.ledger import Posting
from accounts.errors import Conflict, Invalid
from accounts.models import AuditEntry, CreditNote, Invoice, InvoiceLine, Organization, Seller, Subscription
from tests import factories

pytestmark = pytest.mark.django_db
START = datetime(2026, 11, 10, 9, tzinfo=UTC)
State = Invoice.State


def subscribe(organization, **changed: Any) -> Subscription:
    """By invoice since 10 November: 99 euros a month, 1,000 events included, 2.50 for each 100 more."""
    plan = factories.PlanFactory.create(name="Growth", events_a_month=1_000)
    price = factories.PlanPriceFactory.create(
        plan=plan, interval="month", currency="EUR", amount=9_900, events_unit=100, events_unit_amount=250
    )
    given = {
        "provider": "manual", "state": "active", "anchor": START, "period_start": START, "created_at": START,
        "period_end": datetime(2026, 12, 10, 9, tzinfo=UTC),
    }  # fmt: skip
    given |= {"organization": organization, "plan": plan, "price": price}
    return factories.SubscriptionFactory.create(**given | changed)


def line(amount: int = 10_000, covers: str = "") -> Line:
    return Line(LineKind.BASE, covers, "Plan Growth", 1, "month", amount, date(2026, 11, 1), date(2026, 11, 30))


def issue(organization, amount: int = 10_000, subscription_id: int = 1) -> Invoice:
    return issuing.issue(
        organization=organization, currency="EUR", lines=[line(amount)], subscription_id=subscription_id, now=START
    )


def use(organization, events: int, day: date) -> None:
    posting = Posting(f"{day}:{events}", Meter.EVENTS, events, START, on=day)
    ledger.post(organization_id=organization.pk, postings=[posting])


def lines_of(invoice: Invoice) -> list[tuple[str, int]]:
    return list(invoice.lines.values_list("description", "amount"))


def test_a_period_is_invoiced_when_it_begins_and_once(organization):
    subscribe(organization)

    (invoice,) = invoicing.invoice_due(now=START)

    assert (invoice.state, invoice.total, invoice.currency) == ("open", 9_900, "EUR")
    assert lines_of(invoice) == [("Plan Growth", 9_900)]
    found = invoice.lines.get()
    assert (found.first_day, found.last_day) == (date(2026, 11, 10), date(2026, 12, 9))
    assert invoicing.invoice_due(now=START + timedelta(days=5)) == []


def test_a_month_that_is_over_is_rated_once_by_its_events(organization):
    subscribe(organization)
    invoicing.invoice_due(now=START)
    # Before the subscription began nothing is counted.
    use(organization, 5_000, date(2026, 11, 9))
    use(organization, 700, date(2026, 11, 10))
    use(organization, 501, date(2026, 11, 30))
    use(organization, 9_000, date(2026, 12, 1))

    (invoice,) = invoicing.invoice_due(now=datetime(2026, 12, 1, tzinfo=UTC))

    assert lines_of(invoice) == [("Events over the quota, November 2026: 1,201 used, 1,000 included", 750)]
    assert invoicing.invoice_due(now=datetime(2026, 12, 2, tzinfo=UTC)) == []


def test_a_month_without_overage_stays_rated_whatever_the_plan_becomes(organization):
    subscription = subscribe(organization)
    use(organization, 900, date(2026, 11, 20))
    invoicing.invoice_due(now=datetime(2026, 12, 1, tzinfo=UTC))
    type(subscription.plan).objects.filter(pk=subscription.plan_id).update(events_a_month=10)

    assert invoicing.invoice_due(now=datetime(2026, 12, 2, tzinfo=UTC)) == []


def test_another_price_gives_back_what_was_paid_ahead(organization):
    subscription = subscribe(organization)
    invoicing.invoice_due(now=START)
    larger = factories.PlanPriceFactory.create(plan__name="Large", currency="EUR", amount=30_000, interval="month")
    changed = datetime(2026, 11, 25, 9, tzinfo=UTC)
    Subscription.objects.filter(pk=subscription.pk).update(
        price=larger, plan=larger.plan, anchor=changed, period_start=changed,
        period_end=datetime(2026, 12, 25, 9, tzinfo=UTC),
    )  # fmt: skip

    (invoice,) = invoicing.invoice_due(now=changed)

    # 10 November to 9 December are 30 days, of which 15 are left.
    assert lines_of(invoice) == [("Unused time of plan Growth: 15 of 30 days", -4_950), ("Plan Large", 30_000)]
    assert invoice.total == 25_050


def test_a_coupon_lowers_the_base(organization):
    coupon = factories.CouponFactory.create(code="TEN", percent=10, duration="once")
    redemption = factories.RedemptionFactory.create(coupon=coupon, organization=organization)
    subscription = subscribe(organization, redemption=redemption)

    (first,) = invoicing.invoice_due(now=START)
    Subscription.objects.filter(pk=subscription.pk).update(
        period_start=subscription.period_end, period_end=datetime(2027, 1, 10, 9, tzinfo=UTC)
    )
    (second,) = invoicing.invoice_due(now=subscription.period_end + timedelta(minutes=1))

    assert lines_of(first) == [("Plan Growth", 9_900), ("Coupon TEN", -990)]
    assert lines_of(second)[0] == ("Plan Growth", 9_900)
    assert "Coupon TEN" not in dict(lines_of(second))


@pytest.mark.parametrize(
    "changed",
    [{"state": "trialing", "trial_ends_at": START}, {"provider": "stripe", "stripe_subscription_id": "sub_1"}],
)
def test_trials_and_what_stripe_charges_are_not_invoiced_here(organization, changed):
    subscribe(organization, **changed)

    assert invoicing.invoice_due(now=START) == []


def test_seller_buyer_and_tax_are_as_they_were(organization):
    Seller.objects.create(pk=1, name="We", country="DE", tax_rate=1_900, days_to_pay=10, number_prefix="R-")
    factories.BillingProfileFactory.create(organization=organization, name="Acme GmbH", country="de", tax_id="DE1")

    invoice = issue(organization, 9_999)
    Seller.objects.update(name="Others", tax_rate=0)
    Organization.objects.update(name="Renamed")

    invoice.refresh_from_db()
    assert (invoice.number, invoice.due_on) == ("R-000001", date(2026, 11, 20))
    assert (invoice.seller["name"], invoice.buyer["name"], invoice.buyer["country"]) == ("We", "Acme GmbH", "DE")
    # 18.9981 euros.
    assert invoice.taxes == [{"name": "VAT", "rate": 1_900, "net": 9_999, "amount": 1_900}]
    assert (invoice.subtotal, invoice.total) == (9_999, 11_899)


def test_a_buyer_abroad_is_invoiced_without_tax_and_with_the_note(organization):
    Seller.objects.create(pk=1, name="We", country="DE", tax_rate=1_900, abroad_note="Reverse charge.")
    factories.BillingProfileFactory.create(organization=organization, country="FR")

    invoice = issue(organization)

    assert (invoice.taxes, invoice.total, invoice.note) == ([], 10_000, "Reverse charge.")


def test_one_that_comes_to_nothing_is_paid(organization):
    assert issue(organization, 0).state == State.PAID


def test_less_than_nothing_is_no_invoice(organization):
    with pytest.raises(Invalid):
        issue(organization, -1)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE accounts_invoice SET total = 1",
        "UPDATE accounts_invoice SET buyer = '{}'",
        "UPDATE accounts_invoice SET number = 'X'",
        "UPDATE accounts_invoice SET state = 'draft'",
        "DELETE FROM accounts_invoice",
        "UPDATE accounts_invoiceline SET description = 'X'",
        "DELETE FROM accounts_invoiceline",
        "UPDATE accounts_creditnote SET net = 1",
        "DELETE FROM accounts_creditnote",
    ],
)
def test_the_database_refuses_to_change_what_was_issued(organization, statement):
    invoice = issue(organization)
    issuing.credit(invoice=invoice, net=100, reason="Goodwill.", actor=SYSTEM, now=START)

    with pytest.raises(IntegrityError, match="not changed"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_no_line_is_added_to_an_issued_invoice(organization):
    invoice = issue(organization)

    with pytest.raises(IntegrityError, match="not changed"), transaction.atomic():
        InvoiceLine.objects.create(invoice=invoice, position=2, quantity=1, unit_amount=1, amount=1, kind="base")


def test_an_invoice_outlives_its_organization(organization):
    invoice = issue(organization)

    Organization.objects.get(pk=organization.pk).delete()

    invoice.refresh_from_db()
    assert (invoice.organization_id, invoice.buyer["name"]) == (None, "Acme")


def test_a_number_that_was_rolled_back_is_given_again(organization):
    first = issue(organization)
    with transaction.atomic():
        issue(organization)
        transaction.set_rollback(True)
    second = issue(organization)

    assert (first.number, second.number) == ("INV-000001", "INV-000002")


@pytest.mark.django_db(transaction=True)
def test_many_at_once_are_numbered_without_gaps(organization):
    def work(seed: int) -> None:
        for number in range(10):
            with transaction.atomic():
                issue(organization)
                transaction.set_rollback((number + seed) % 3 == 0)
        connection.close()

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    numbers = list(Invoice.objects.order_by("sequence").values_list("sequence", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))
    assert 20 < len(numbers) < 50


def test_an_invoice_is_paid_void_or_written_off_with_an_entry(organization):
    paid, void, lost = (issue(organization) for _ in range(3))

    payments.close(invoice=paid, state=State.PAID, actor=SYSTEM, now=START)
    payments.close(invoice=void, state=State.VOID, actor=SYSTEM, now=START)
    payments.close(invoice=lost, state=State.UNCOLLECTIBLE, actor=SYSTEM, now=START)
    payments.close(invoice=lost, state=State.PAID, actor=SYSTEM, now=START)

    with pytest.raises(Conflict, match="is void already"):
        payments.close(invoice=void, state=State.PAID, actor=SYSTEM, now=START)
    assert [entry.action for entry in AuditEntry.objects.order_by("pk")] == [
        "invoice.issued", "invoice.issued", "invoice.issued", "invoice.paid", "invoice.voided",
        "invoice.written_off", "invoice.paid",
    ]  # fmt: skip


def test_credit_notes_take_back_all_of_an_invoice_and_its_tax_and_no_more(organization):
    Seller.objects.create(pk=1, name="We", tax_rate=1_900)
    invoice = issue(organization, 9_999)

    notes = [
        issuing.credit(invoice=invoice, net=net, reason="Goodwill.", actor=SYSTEM, now=START)
        for net in (3_333, 3_333, 3_333)
    ]

    assert sum(note.total for note in notes) == invoice.total
    assert [note.number for note in notes] == ["INV-CN-000001", "INV-CN-000002", "INV-CN-000003"]
    with pytest.raises(Conflict, match=r"up to €0\.00"):
        issuing.credit(invoice=invoice, net=1, reason="More.", actor=SYSTEM, now=START)
    assert CreditNote.objects.count() == 3
    noted = AuditEntry.objects.filter(action="credit_note.issued").order_by("pk")
    assert list(noted.values_list("target_name", flat=True)) == [note.number for note in notes]


def test_a_void_invoice_gets_no_credit_note(organization):
    invoice = payments.close(invoice=issue(organization), state=State.VOID, actor=SYSTEM, now=START)

    with pytest.raises(Conflict):
        issuing.credit(invoice=invoice, net=1, reason="More.", actor=SYSTEM, now=START)


def test_an_overdue_invoice_begins_the_days_of_grace_until_it_is_paid(organization, owner, mailoutbox):
    subscription = subscribe(organization)
    (invoice,) = invoicing.invoice_due(now=START)
    # To be paid by the 24th: that day is not over yet.
    assert overdue.begin_grace(now=datetime(2026, 11, 24, 23, tzinfo=UTC)) == 0
    late = datetime(2026, 11, 25, 1, tzinfo=UTC)

    assert [overdue.begin_grace(now=late) for _ in range(2)] == [1, 0]

    subscription.refresh_from_db()
    assert (subscription.state, subscription.past_due_since) == ("past_due", datetime(2026, 11, 25, tzinfo=UTC))
    payments.close(invoice=invoice, state=State.PAID, actor=SYSTEM, now=late)
    subscription.refresh_from_db()
    assert (subscription.state, subscription.past_due_since) == ("active", None)
    assert overdue.begin_grace(now=late) == 0


def test_of_two_overdue_invoices_both_have_to_be_paid(organization):
    subscription = subscribe(organization)
    (first,) = invoicing.invoice_due(now=START)
    second = issue(organization, subscription_id=subscription.pk)
    late = START + timedelta(days=20)
    overdue.begin_grace(now=late)

    payments.close(invoice=first, state=State.PAID, actor=SYSTEM, now=late)
    subscription.refresh_from_db()
    assert subscription.state == "past_due"
    payments.close(invoice=second, state=State.UNCOLLECTIBLE, actor=SYSTEM, now=late)

    subscription.refresh_from_db()
    assert subscription.state == "active"
