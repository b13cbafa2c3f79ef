"""The notices on pages about tokens, spending caps and payments; those about events are in `test_usage_pages`."""

from datetime import UTC, datetime

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.billing.meters import Meter
from accounts.billing.queries import notable
from accounts.billing.services import ledger
from accounts.billing.services.ledger import Posting
from accounts.models import Organization
from accounts.permissions import Role
from tests import factories

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
PAGES = ("/o/acme/", "/o/acme/settings/usage/", "/o/acme/jobs/")


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def plan(organization):
    found = factories.PlanFactory.create(name="Small", llm_tokens_a_month=1_000)
    Organization.objects.filter(pk=organization.pk).update(plan=found)
    return found


@pytest.fixture
def see(client, organization):
    """`see(role)`: the text of a page as a member with this role sees it."""

    def page(role: Role, address: str = "/o/acme/settings/usage/") -> str:
        notable.forget()
        client.force_login(factories.MembershipFactory.create(organization=organization, role=role).user)
        return " ".join(client.get(address).content.decode().split())

    return page


def use(organization, tokens: int) -> None:
    posting = Posting(f"t{tokens}", Meter.OUTPUT_TOKENS, tokens, NOW, model="m")
    ledger.post(organization_id=organization.pk, postings=[posting])


def spend(organization, amount: int) -> None:
    posting = Posting(f"c{amount}", Meter.COST, amount, NOW, model="m", currency="USD")
    ledger.post(organization_id=organization.pk, postings=[posting])


@pytest.mark.parametrize(
    ("tokens", "tone", "headline"),
    [
        (850, "notice-plain", "85 % of the month's tokens are used."),
        (1_100, "notice-warn", "110 % of the month's tokens are used."),
        (1_200, "notice-bad", "120 % of the month's tokens are used."),
    ],
)
@pytest.mark.parametrize("role", [Role.OWNER, Role.ADMIN, Role.BILLING])
def test_tokens_are_told_to_those_who_can_act(see, organization, plan, tokens, tone, headline, role):
    use(organization, tokens)

    page = see(role)

    assert f"notice {tone} quota-notice" in page
    assert headline.replace("'", "&#x27;") in page
    assert f"{tokens:,} of 1,000 tokens of the plan Small are used." in page
    assert 'href="/o/acme/settings/usage/">See the usage</a>' in page


@pytest.mark.parametrize(("tokens", "told"), [(1_100, False), (1_200, True)])
def test_who_runs_jobs_is_told_once_they_are_refused(see, organization, plan, tokens, told):
    use(organization, tokens)

    assert ("quota-notice" in see(Role.ANALYST)) is told
    assert "quota-notice" not in see(Role.VIEWER)


def test_below_the_thresholds_nothing_is_said(see, organization, plan):
    use(organization, 799)
    factories.SpendingCapFactory.create(organization=organization, amount=10_000_000)
    spend(organization, 7_999_999)

    assert "quota-notice" not in see(Role.OWNER)


@pytest.mark.parametrize(
    ("amount", "tone", "headline"),
    [
        (8_000_000, "plain", "80 % of the spending cap in USD"),
        (10_000_000, "bad", "100 % of the spending cap in USD"),
    ],
)
def test_a_cap_is_told_of(see, organization, amount, tone, headline):
    factories.SpendingCapFactory.create(organization=organization, amount=10_000_000)
    factories.SpendingCapFactory.create(organization=organization, currency="EUR", amount=1)
    spend(organization, amount)

    page = see(Role.BILLING)

    assert f"notice notice-{tone} quota-notice" in page
    assert headline in page


def test_of_usage_only_the_worst_is_told(see, organization, plan):
    use(organization, 850)
    factories.SpendingCapFactory.create(organization=organization, amount=10_000_000)
    spend(organization, 10_000_000)

    page = see(Role.OWNER)

    assert page.count("quota-notice") == 1
    assert "spending cap in USD" in page


@pytest.mark.parametrize(
    ("role", "told"), [(Role.OWNER, True), (Role.BILLING, True), (Role.ADMIN, False), (Role.VIEWER, False)]
)
def test_a_payment_that_is_due_is_told_to_who_sees_billing(see, organization, role, told):
    factories.SubscriptionFactory.create(
        organization=organization, state="past_due", past_due_since=datetime(2026, 11, 15, tzinfo=UTC)
    )

    page = see(role)

    assert ("<b>A payment is due.</b> Since 15 November 2026." in page) is told
    assert ("Nothing changes until 15 December 2026" in page) is told
    assert ('href="/o/acme/settings/plan/">See the plan</a>' in page) is told


def test_another_organization_s_are_not_told(client, stranger, organization, plan):
    use(organization, 1_200)
    factories.SubscriptionFactory.create(organization=organization, state="past_due", past_due_since=NOW)
    client.force_login(stranger)
    slug = stranger.memberships.get().organization.slug

    assert "quota-notice" not in client.get(f"/o/{slug}/settings/usage/").content.decode()


def test_it_is_dismissed_until_it_gets_worse_and_what_is_refused_is_not(client, owner, organization, plan):
    client.force_login(owner)
    for tokens, shown in ((850, False), (250, True), (100, True)):
        use(organization, tokens)
        notable.forget()
        if not shown:
            client.post("/o/acme/quota/dismiss/", {"next": "/o/acme/"})
        assert ("quota-notice" in client.get("/o/acme/").content.decode()) is shown
    client.post("/o/acme/quota/dismiss/", {"next": "/o/acme/"})

    assert "notice-bad" in client.get("/o/acme/").content.decode()


def test_they_cost_one_query_or_two_and_none_again_for_a_while(client, owner, organization, plan):
    use(organization, 850)
    client.force_login(owner)
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(
            connection,
        ) as found:
            assert client.get("/o/acme/").status_code == 200
        counts.append(len([query for query in found.captured_queries if "json_agg" in query["sql"]]))

    assert counts == [1, 0]
