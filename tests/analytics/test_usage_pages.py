"""Usage and quota as people see them: the page, the notice on every page, the ledger in the settings."""

import csv
import io
from datetime import UTC, date, datetime

import pytest
import time_machine
from django.urls import reverse

from accounts.models import Organization
from accounts.permissions import Role
from analytics.queries import quota
from tests import factories

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
USAGE = "/o/acme/settings/usage/"
ELSEWHERE = "/o/acme/"


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def plan(organization):
    found = factories.PlanFactory.create(name="Small", events_a_month=1_000)
    Organization.objects.filter(pk=organization.pk).update(plan=found)
    return found


def use(project, events: int, day: date = date(2026, 11, 20)) -> None:
    factories.UsageCountFactory(project=project, day=day, events=events)
    quota.forget()


def text_of(client, address: str = USAGE) -> str:
    return " ".join(client.get(address).content.decode().split())


@pytest.mark.parametrize(
    ("events", "headline", "sentence"),
    [
        (
            10,
            "Within the quota",
            "Events are kept up to 1,200 events (120 %); from there on they are refused until",
        ),
        (999, "Close to the quota", "999 of 1,000 events (99 %) are used."),
        (
            1_000,
            "Over the quota",
            "1,000 of 1,000 events (100 %) are used. Events are still kept, up to 1,200 events",
        ),
        (1_200, "Events are refused", "New events are refused with an error, and counted, until 1 December 2026"),
    ],
)
def test_the_page_says_the_state_in_words(client, teammate, project, plan, events, headline, sentence):
    use(project, events)
    client.force_login(teammate)

    page = text_of(client)

    assert headline in page
    assert sentence in page
    assert "1 December 2026, 00:00 UTC" in page


def test_a_plan_that_never_refuses_says_so(client, teammate, project, plan):
    type(plan).objects.update(refuse_from=None)
    use(project, 1_500)
    client.force_login(teammate)

    assert "Events are kept over the quota as well" in text_of(client)


def test_without_a_quota_the_page_says_that_too(client, teammate, project):
    client.force_login(teammate)

    page = text_of(client)

    assert "The plan has no quota: every event is kept." in page
    assert "quota-bar" not in page


@pytest.mark.parametrize("role", [Role.OWNER, Role.BILLING])
def test_who_may_change_the_plan_is_led_there(client, organization, role):
    client.force_login(factories.MembershipFactory.create(organization=organization, role=role).user)

    page = text_of(client)

    assert '<a href="/o/acme/settings/plan/">See the plan, and others</a>' in page
    assert "To change the plan, ask" not in page


def test_who_may_not_is_told_whom_to_ask(client, organization, teammate, owner, stranger):
    for number in range(3):
        user = factories.UserFactory.create(name=f"Payer {number}", email=f"{number}@acme.test")
        factories.MembershipFactory.create(organization=organization, role=Role.BILLING, user=user)
    client.force_login(teammate)

    page = text_of(client)

    assert "To change the plan, ask Payer 0 or Payer 1 or Payer 2." in page
    assert stranger.email not in page
    assert "/o/acme/settings/plan/" not in page


def test_the_bar_ends_where_events_are_refused(client, teammate, project, plan):
    use(project, 600)
    client.force_login(teammate)

    page = text_of(client)

    assert 'class="used" width="50.00%"' in page
    assert 'x1="83.33%"' in page


def test_the_page_shows_days_and_projects_of_the_month(client, teammate, project):
    blog = factories.ProjectFactory(organization=project.organization, name="Blog", slug="blog")
    use(project, 30, date(2026, 11, 3))
    use(blog, 90)
    client.force_login(teammate)

    page = text_of(client)

    assert "Events kept by day (UTC), 1 to 20 November 2026; highest 90 on Friday 20 November 2026." in page
    assert page.index("Blog") < page.index("90") < page.rindex("Shop")
    assert "75.0%" in page
    assert "120 events in all" in page


def test_another_month_is_a_link_away(client, teammate, project):
    use(project, 7, date(2026, 10, 9))
    client.force_login(teammate)

    assert 'href="?month=2026-10"' in text_of(client)
    october = text_of(client, USAGE + "?month=2026-10")
    assert "highest 7 on Friday 9 October 2026." in october
    assert "Begins anew" not in october


@pytest.mark.parametrize("month", ["2026-13", "x", "9999-12", "0001-01"])
def test_a_month_that_is_none_is_refused(client, teammate, month):
    client.force_login(teammate)

    assert client.get(f"{USAGE}?month={month}").status_code == 400


def test_the_month_as_csv(client, teammate, project):
    use(project, 7)
    use(project, 5, date(2026, 11, 1))
    client.force_login(teammate)

    response = client.get(reverse("settings_usage_csv", args=["acme"]))

    assert response["Content-Disposition"] == 'attachment; filename="acme-usage-2026-11.csv"'
    assert list(csv.reader(io.StringIO(response.content.decode()))) == [
        ["day", "project", "events"], ["2026-11-01", "shop", "5"], ["2026-11-20", "shop", "7"],
    ]  # fmt: skip


@pytest.mark.parametrize("role", [Role.OWNER, Role.ADMIN])
@pytest.mark.parametrize(
    ("events", "tone", "headline"),
    [
        (500, "notice-plain", "Half of the quota is used."),
        (800, "notice-plain", "Close to the quota."),
        (1_000, "notice-warn", "Over the quota."),
        (1_200, "notice-bad", "Events are refused."),
    ],
)
def test_who_can_act_sees_a_notice_on_every_page(client, project, plan, role, events, tone, headline):
    use(project, events)
    client.force_login(factories.MembershipFactory.create(organization=project.organization, role=role).user)

    for address in (ELSEWHERE, "/o/acme/p/shop/settings/", USAGE):
        page = text_of(client, address)
        assert f"notice {tone} quota-notice" in page
        assert headline in page


def test_below_the_line_nobody_sees_one(client, owner, project, plan):
    use(project, 499)
    client.force_login(owner)

    assert "quota-notice" not in text_of(client, ELSEWHERE)


def test_who_cannot_act_sees_none(client, teammate, project, plan):
    use(project, 1_200)
    client.force_login(teammate)

    assert "quota-notice" not in text_of(client, ELSEWHERE)


def test_another_organization_s_quota_is_not_mentioned(client, owner, stranger, project, plan):
    use(project, 1_200)
    client.force_login(stranger)
    slug = stranger.memberships.get().organization.slug

    assert "quota-notice" not in text_of(client, f"/o/{slug}/")


def test_a_dismissed_notice_stays_away_until_it_gets_worse(client, owner, project, plan):
    use(project, 800)
    client.force_login(owner)

    response = client.post("/o/acme/quota/dismiss/", {"next": "/o/acme/p/shop/settings/?x=1"})
    assert response.url == "/o/acme/p/shop/settings/?x=1"
    assert "quota-notice" not in text_of(client, ELSEWHERE)

    use(project, 200, date(2026, 11, 19))
    assert "Over the quota." in text_of(client, ELSEWHERE)


def test_a_refusal_cannot_be_dismissed(client, owner, project, plan):
    use(project, 1_200)
    client.force_login(owner)

    client.post("/o/acme/quota/dismiss/")

    page = text_of(client, ELSEWHERE)
    assert "Events are refused." in page
    assert "quota/dismiss" not in page


@pytest.mark.parametrize("place", ["https://evil.example/", "//evil.example/", ""])
def test_a_dismissal_leads_nowhere_else(client, owner, place):
    client.force_login(owner)

    assert client.post("/o/acme/quota/dismiss/", {"next": place}).url == "/o/acme/"


def drops(project) -> None:
    factories.DropCountFactory(project=project, day=date(2026, 11, 19), reason="bot", events=41)
    factories.DropCountFactory(project=project, day=date(2026, 11, 20), reason="quota", events=2)


def test_the_settings_chart_what_was_not_kept(client, teammate, project):
    drops(project)
    client.force_login(teammate)

    page = text_of(client, "/o/acme/p/shop/settings/")

    assert "Events not kept by day (UTC), 22 October to 20 November 2026; highest 41 on Thursday 19" in page
    assert "All · 43" in page
    assert "Bots · 41" in page


def test_the_ledger_can_be_narrowed_to_a_reason(client, teammate, project):
    drops(project)
    client.force_login(teammate)

    page = text_of(client, "/o/acme/p/shop/settings/?reason=quota")

    assert "Over the quota by day (UTC)" in page
    assert "Sent by a bot" not in page
    assert "Refused over the plan&#x27;s quota" in page
    assert client.get("/o/acme/p/shop/settings/?reason=mood").status_code == 400


def test_the_ledger_as_csv(client, teammate, project):
    drops(project)
    client.force_login(teammate)

    response = client.get("/o/acme/p/shop/settings/drops.csv?reason=bot")

    header, row = csv.reader(io.StringIO(response.content.decode()))
    assert header == ["day", "reason", "events", "meaning"]
    assert row[:3] == ["2026-11-19", "bot", "41"]
