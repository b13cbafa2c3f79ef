"""Mails about the plan's tokens and about caps: to those who can act, once a month and threshold."""

from datetime import UTC, datetime

import pytest

from accounts.billing.meters import Meter
from accounts.billing.services import alerts, ledger
from accounts.billing.services.ledger import Posting
from accounts.models import Organization, UsageNotice
from accounts.permissions import Role
from tests import factories

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DECEMBER = datetime(2026, 12, 5, tzinfo=UTC)


@pytest.fixture
def people(organization, owner, teammate):
    for role in (Role.ADMIN, Role.BILLING, Role.ANALYST):
        factories.MembershipFactory(organization=organization, role=role, user__email=f"{role}@acme.test")


@pytest.fixture
def plan(organization):
    found = factories.PlanFactory.create(name="Small", llm_tokens_a_month=1_000)
    Organization.objects.filter(pk=organization.pk).update(plan=found)
    return found


def use(organization, tokens: int, at: datetime = NOW) -> None:
    key = f"{UsageNotice.objects.count()}:{tokens}:{at}"
    ledger.post(
        organization_id=organization.pk, postings=[Posting(key, Meter.OUTPUT_TOKENS, tokens, at, model="m")]
    )


def spend(organization, amount: int) -> None:
    posting = Posting(f"cost:{amount}", Meter.COST, amount, NOW, model="m", currency="USD")
    ledger.post(organization_id=organization.pk, postings=[posting])


def test_tokens_are_told_at_each_threshold_to_those_who_can_act(organization, plan, people, mailoutbox):
    use(organization, 499)
    assert alerts.tell_all(now=NOW) == 0
    for tokens in (1, 300, 200, 200):
        use(organization, tokens)
        assert [alerts.tell_all(now=NOW) for _ in range(2)] == [1, 0]

    assert [mail.subject for mail in mailoutbox] == [
        f"{percent} % of the month's tokens are used: Acme" for percent in (50, 80, 100, 120)
    ]
    assert {tuple(mail.to) for mail in mailoutbox} == {("admin@acme.test", "owner@acme.test")}
    assert "From 120 % on new jobs are refused until then." in mailoutbox[0].body
    assert "New jobs are refused until then." in mailoutbox[3].body


def test_a_cap_is_told_to_those_who_pay(organization, people, mailoutbox, settings):
    settings.BASE_URL = "https://plumbline.example.com"
    factories.SpendingCapFactory.create(organization=organization, amount=10_000_000)
    # What is held is not spent yet.
    factories.ReservationFactory.create(organization=organization, amount=9_000_000)
    spend(organization, 4_999_999)
    assert alerts.tell_all(now=NOW) == 0

    spend(organization, 3_000_001)

    assert alerts.tell_all(now=NOW) == 1
    (mail,) = mailoutbox
    assert (mail.subject, mail.to) == (
        "80 % of the spending cap is spent: Acme", ["billing@acme.test", "owner@acme.test"],
    )  # fmt: skip
    ((html, _),) = mail.alternatives
    for part in (mail.body, html):
        assert "has spent 8.00 USD on models this month, of a cap of 10.00 USD" in part
        assert "https://plumbline.example.com/o/acme/settings/usage/" in part
    assert list(UsageNotice.objects.order_by("pk").values_list("subject", "percent", "recipients")) == [
        ("cost:USD", 50, 0), ("cost:USD", 80, 2),
    ]  # fmt: skip


def test_a_new_month_begins_anew(organization, plan, people, mailoutbox):
    use(organization, 500)
    use(organization, 600, DECEMBER)

    assert (alerts.tell_all(now=NOW), alerts.tell_all(now=DECEMBER)) == (1, 1)


def test_the_default_plan_counts_for_who_has_none(organization, people, mailoutbox):
    factories.PlanFactory._meta.model.objects.filter(is_default=True).update(llm_tokens_a_month=100)
    use(organization, 50)

    assert alerts.tell_all(now=NOW) == 1


def test_a_cap_of_nothing_is_no_matter_of_percents(organization, people, mailoutbox):
    factories.SpendingCapFactory.create(organization=organization, amount=0)

    assert alerts.tell_all(now=NOW) == 0
