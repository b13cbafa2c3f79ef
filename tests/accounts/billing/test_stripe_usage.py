"""Stripe's invoices are kept beside ours, and Stripe is told of usage over the quotas, each block once."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from accounts.billing.meters import Meter
from accounts.billing.services import ledger, reporting
from accounts.billing.services.ledger import Posting
from accounts.billing.stripe import client, invoices, metering
from accounts.errors import Unavailable
from accounts.models import Invoice, ReportedBlocks
from tests import factories

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
State = Invoice.State


@pytest.fixture
def subscription(organization):
    plan = factories.PlanFactory.create(events_a_month=1_000)
    price = factories.PlanPriceFactory.create(plan=plan, events_unit=100, events_unit_amount=250)
    return factories.SubscriptionFactory.create(
        organization=organization, plan=plan, price=price, provider="stripe", stripe_subscription_id="sub_1",
        created_at=datetime(2026, 10, 1, tzinfo=UTC),
    )  # fmt: skip


@pytest.fixture
def sent(monkeypatch):
    """What Stripe is told."""
    found: list[metering.Report] = []
    monkeypatch.setattr(client, "is_configured", lambda: True)
    monkeypatch.setattr(metering, "send", found.append)
    return found


def use(organization, events: int, at: datetime = NOW) -> None:
    posting = Posting(f"{at}:{events}", Meter.EVENTS, events, at)
    ledger.post(organization_id=organization.pk, postings=[posting])


def test_blocks_are_told_as_they_begin_each_once(organization, subscription, sent):
    use(organization, 1_000)
    assert reporting.report_due(now=NOW) == 0
    use(organization, 150)
    assert [reporting.report_due(now=NOW) for _ in range(2)] == [1, 0]
    use(organization, 50)
    assert reporting.report_due(now=NOW) == 0
    use(organization, 101)
    assert reporting.report_due(now=NOW) == 1

    assert [(report.blocks, report.identifier) for report in sent] == [
        (2, f"{subscription.pk}:2026-11:events:2"), (2, f"{subscription.pk}:2026-11:events:4"),
    ]  # fmt: skip
    assert {report.at for report in sent} == {NOW}


def test_a_report_that_failed_is_told_again_as_it_was(organization, subscription, sent, monkeypatch, caplog):
    use(organization, 1_150)

    def away(_: object) -> None:
        raise Unavailable("Stripe is away.")

    with monkeypatch.context() as patch:
        patch.setattr(metering, "send", away)
        assert reporting.report_due(now=NOW) == 0
    assert "was not reported" in caplog.text
    use(organization, 500)

    later = NOW.replace(hour=14)
    assert [reporting.report_due(now=later) for _ in range(3)] == [1, 1, 0]
    assert [(report.blocks, report.identifier.rpartition(":")[2], report.at) for report in sent] == [
        (2, "2", NOW), (5, "7", later),
    ]  # fmt: skip


def test_what_was_sealed_after_midnight_is_of_the_month_before(organization, subscription, sent):
    use(organization, 1_001, datetime(2026, 10, 31, 23, 59, tzinfo=UTC))

    assert reporting.report_due(now=datetime(2026, 11, 1, 1, tzinfo=UTC)) == 1

    (report,) = sent
    assert (report.identifier, report.at) == (
        f"{subscription.pk}:2026-10:events:1", datetime(2026, 10, 31, 23, 59, 59, tzinfo=UTC),
    )  # fmt: skip
    assert ReportedBlocks.objects.get().month == date(2026, 10, 1)


def test_a_trial_is_told_of_nothing(organization, subscription, sent):
    type(subscription).objects.update(state="trialing", trial_ends_at=NOW.replace(day=25))
    use(organization, 9_000)

    assert reporting.report_due(now=NOW) == 0


def at_stripe(**changed: Any) -> dict[str, Any]:
    """A finalized invoice, as Stripe has it."""
    return {
        "id": "in_1", "number": "ABC-0001", "status": "open", "currency": "eur", "created": NOW.timestamp(),
        "account_name": "We", "customer_name": "Acme GmbH", "due_date": None,
        "customer_address": {"line1": "Street 1", "postal_code": "10115", "city": "Berlin", "country": "DE"},
        "subtotal": 2_900, "total_excluding_tax": 2_900, "total": 3_451,
        "status_transitions": {"finalized_at": NOW.timestamp(), "paid_at": None},
        "lines": {
            "data": [
                {"description": "1 x Small", "amount": 2_900,
                 "period": {"start": NOW.timestamp(), "end": NOW.replace(month=12).timestamp()}},
            ]
        },
        **changed,
    }  # fmt: skip


def keep(subscription, **changed: Any) -> Invoice | None:
    seen = invoices.read(at_stripe(**changed))
    return invoices.keep(subscription, seen, now=NOW) if seen else None


def test_an_invoice_of_stripe_is_kept_once_and_follows_its_state(subscription):
    for _ in range(2):
        keep(subscription)
    keep(subscription, status="paid", status_transitions={"paid_at": NOW.timestamp()})
    # An event that comes late says what was before.
    keep(subscription, status="open")

    kept = Invoice.objects.get()
    assert (kept.number, kept.state, kept.provider, kept.paid_at) == ("ABC-0001", "paid", "stripe", NOW)
    assert (kept.subtotal, kept.total, kept.currency, kept.sequence) == (2_900, 3_451, "EUR", None)
    assert kept.taxes == [{"name": "Tax", "rate": 0, "net": 2_900, "amount": 551}]
    assert kept.buyer["address"] == "Street 1\n10115 Berlin"
    assert list(kept.lines.values_list("description", "amount")) == [("1 x Small", 2_900)]


def test_what_is_not_final_is_not_kept(subscription):
    assert keep(subscription, status="draft", number=None) is None


@pytest.mark.parametrize("status", ["void", "uncollectible"])
def test_what_is_void_or_written_off_there_is_so_here(subscription, status):
    keep(subscription)

    keep(subscription, status=status)

    assert Invoice.objects.get().state == status
