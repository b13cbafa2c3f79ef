"""`billing reconcile` prints every difference, and nothing where all agree."""

import io
from datetime import UTC, date, datetime

import pytest
from django.core.management import CommandError, call_command

from accounts.billing.meters import Meter
from accounts.billing.rating import Line, LineKind
from accounts.billing.services import issuing, ledger
from accounts.billing.services.ledger import Posting
from accounts.models import InvoiceCounter, UsageDay
from analytics.models import UsageCount
from tests import factories
from tests.analytics.events import NOON, event, store

pytestmark = pytest.mark.django_db


def reconcile(month: str = "2026-11") -> tuple[int, str]:
    """The exit code and what was printed."""
    output = io.StringIO()
    try:
        call_command("billing", "reconcile", "--month", month, stdout=output)
    except SystemExit as ended:
        return int(str(ended.code)), output.getvalue()
    return 0, output.getvalue()


@pytest.fixture
def used(organization, project):
    store(project, [event(), event()])
    posting = Posting("job:1", Meter.OUTPUT_TOKENS, 9, NOON, model="m")
    ledger.post(organization_id=organization.pk, postings=[posting])
    day = date(2026, 11, 1)
    line = Line(LineKind.BASE, "base:1", "Plan", 1, "month", 900, day, day)
    return issuing.issue(organization=organization, currency="EUR", lines=[line], subscription_id=1, now=NOON)


def test_where_all_agrees_nothing_differs(used):
    code, printed = reconcile()

    assert code == 0
    assert printed.count(": agree") == 4


def test_a_count_that_the_ledger_does_not_have_is_printed(used, project):
    UsageCount.objects.update(events=5)

    code, printed = reconcile()

    assert code == 1
    assert f"Project {project.pk}, 2026-11-20: 5 events are counted, the ledger has 2." in printed


def test_a_sum_that_is_not_the_ledgers_is_printed(used, organization):
    UsageDay.objects.filter(meter=Meter.OUTPUT_TOKENS).update(quantity=7)

    code, printed = reconcile()

    assert code == 1
    assert f"Organization {organization.pk}, 2026-11-20, project –, llm_output_tokens m" in printed
    assert "the ledger has 9, the sums have 7." in printed


def test_an_invoice_that_does_not_add_up_is_printed(used, organization):
    factories.InvoiceFactory.create(
        organization=organization, issued_at=datetime(2026, 11, 5, tzinfo=UTC), number="X", subtotal=100, total=101
    )

    code, printed = reconcile()

    assert code == 1
    assert "X: its lines come to €0.00, its subtotal is €1.00." in printed
    assert "X: subtotal and taxes come to €1.00, it is of €1.01." in printed


def test_a_gap_in_the_numbers_is_printed(used):
    InvoiceCounter.objects.update(last=3)

    assert "The last number of invoices is 3, and there are 1." in reconcile()[1]


def test_usage_that_was_corrected_after_it_was_rated_is_printed(organization):
    begun = datetime(2026, 11, 1, tzinfo=UTC)
    subscription = factories.SubscriptionFactory.create(organization=organization, created_at=begun)
    subscription.rated_months.create(month=date(2026, 11, 1), events=10, tokens=0)

    code, printed = reconcile()

    assert code == 1
    assert f"Subscription {subscription.pk}: 10 events were rated, the ledger has 0." in printed


def test_another_month_is_not_looked_at(used):
    UsageCount.objects.update(events=5)

    assert reconcile("2026-10")[0] == 0


def test_a_month_that_is_none_is_refused():
    with pytest.raises(CommandError, match="written as"):
        call_command("billing", "reconcile", "--month", "November")
