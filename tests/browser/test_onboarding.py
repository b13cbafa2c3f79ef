"""From nothing to the first chart in a browser, and a colleague who follows an invitation."""

import re
import time

import pytest
from django.core import mail
from playwright.sync_api import expect

from accounts.models import Membership
from analytics.models import Project
from analytics.services import sealing
from tests.browser.test_accessible import check

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PASSWORD = "hung by a thread 1"
MOST_SECONDS = 120


@pytest.fixture(autouse=True)
def _base_url(settings, live_server) -> None:
    settings.BASE_URL = live_server.url


def in_the_mail(pattern: str) -> str:
    """What of the first mail's text this means."""
    match = re.search(pattern, str(mail.outbox[0].body))
    assert match is not None
    return match.group()


def test_sign_up_to_the_first_chart_takes_less_than_two_minutes(visit, settings, db, page_that_counts) -> None:
    settings.SIGNUP_OPEN = True
    began = time.monotonic()
    page = visit("/accounts/signup/")
    page.get_by_label("E-mail address").fill("ada@acme.test")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    page.get_by_role("heading", name="Confirm your e-mail address").wait_for()
    check(page)
    page.get_by_label("Code").fill(in_the_mail(r"[A-Z]{4}-[A-Z]{4}"))
    page.get_by_role("button", name="Confirm", exact=True).click()

    page.get_by_label("Name").fill("Acme")
    page.get_by_role("button", name="Create organization").click()
    page.get_by_role("heading", name="New project").wait_for()
    page.get_by_label("Name").fill("Shop")
    page.get_by_role("button", name="Create project").click()
    page.get_by_role("button", name="Make a write key").click()
    page.get_by_text("Waiting for the first event").wait_for()
    check(page)

    page_that_counts(page.locator("#new-key").inner_text().strip())
    sealing.seal_project(project_id=Project.objects.get(slug="shop").pk)
    page.get_by_role("heading", name="Visitors").or_(page.get_by_text("Visitors").first).first.wait_for()

    expect(page.get_by_role("figure").first).to_be_visible()
    assert time.monotonic() - began < MOST_SECONDS


def test_a_new_project_begins_in_the_browser_s_time_zone(visit, organization, owner, console) -> None:
    page = visit("/o/acme/", user=owner)
    tool = page.context.new_cdp_session(page)
    tool.send("Emulation.setTimezoneOverride", {"timezoneId": "Asia/Tokyo"})
    page.goto("/o/acme/projects/new/")
    zone = page.get_by_label("Time zone")
    expect(zone).to_have_value("Asia/Tokyo")

    zone.select_option("Europe/Berlin")
    page.get_by_label("Name").fill("!")
    page.get_by_role("button", name="Create project").click()

    page.get_by_text("needs a letter or a digit").first.wait_for()
    expect(page.get_by_label("Time zone")).to_have_value("Europe/Berlin")
    console.clear()


@pytest.fixture
def page_that_counts(browser, live_server):
    """A visit of somebody to a page with the snippet and this key."""

    def go(key: str) -> None:
        context = browser.new_context(base_url=live_server.url)
        page = context.new_page()
        snippet = f'<script src="{live_server.url}/plumbline.js" data-key="{key}" data-local></script>'
        page.route(
            "**/shop.html",
            lambda route: route.fulfill(content_type="text/html", body=f"<title>Shop</title>{snippet}"),
        )
        with page.expect_response(lambda response: response.request.method == "POST") as answered:
            page.goto("/shop.html")
        assert answered.value.ok
        context.close()

    return go


def test_a_colleague_follows_an_invitation_though_sign_up_is_closed(visit, project, owner) -> None:
    page = visit("/o/acme/settings/members/", user=owner)
    page.get_by_label("E-mail address").fill("grace@acme.test")
    page.get_by_label("Role", exact=True).select_option("analyst")
    page.get_by_role("button", name="Send the invitation").click()
    page.get_by_text("An invitation is on its way").wait_for()
    check(page)
    link = in_the_mail(r"/invitations/\S+")
    page.goto(link)
    expect(page.get_by_text("Only grace@acme.test can accept")).to_be_visible()
    check(page)

    hers = visit(link)
    check(hers)
    hers.get_by_role("link", name="Create an account").click()
    expect(hers.get_by_label("E-mail address")).to_have_value("grace@acme.test")
    hers.get_by_label("Password").fill(PASSWORD)
    hers.get_by_role("button", name="Create account").click()
    hers.get_by_role("button", name="Join Acme").wait_for()
    check(hers)
    hers.get_by_role("button", name="Join Acme").click()
    hers.get_by_text("Welcome to Acme.").wait_for()

    expect(hers.get_by_role("link", name="Shop").first).to_be_visible()
    assert Membership.objects.get(user__email="grace@acme.test").role == "analyst"


def test_an_organization_is_deleted_and_kept_after_all(visit, project, owner) -> None:
    page = visit("/o/acme/settings/", user=owner)
    check(page)
    page.get_by_label("Type Acme to confirm").fill("Acme")
    page.get_by_role("button", name="Delete Acme").click()
    page.get_by_text("Acme is deleted for good on").first.wait_for()
    check(page)
    page.get_by_role("button", name="Keep Acme").click()
    page.get_by_text("Nothing was lost.").wait_for()
    expect(page.get_by_text("is deleted for good on")).not_to_be_visible()


def test_a_member_is_removed_after_a_question(visit, project, owner, teammate) -> None:
    page = visit("/o/acme/settings/members/", user=owner)
    page.get_by_label("Role of viewer@acme.test", exact=True).select_option("admin")
    page.get_by_role("button", name="Save the role of viewer@acme.test").click()
    page.get_by_text("viewer@acme.test is admin now.").wait_for()
    page.get_by_role("link", name="Remove viewer@acme.test").click()
    page.get_by_role("button", name="Remove from Acme").wait_for()
    check(page)
    page.get_by_role("button", name="Remove from Acme").click()
    page.get_by_text("viewer@acme.test is not a member any more.").wait_for()
    assert not Membership.objects.filter(user=teammate).exists()
