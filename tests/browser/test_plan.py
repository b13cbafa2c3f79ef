"""A plan is chosen, paid on another host's page, changed and cancelled, in a browser."""

import re

import pytest
from django.urls import reverse

from accounts.models import Plan
from tests import factories
from tests.browser.test_accessible import check

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _base_url(settings, live_server) -> None:
    settings.BASE_URL = live_server.url


@pytest.fixture
def offers(db: None) -> None:
    Plan.objects.default().delete()
    factories.PlanFactory(name="Free", is_default=True)
    for place, (name, amount) in enumerate({"Small": 2_900, "Large": 9_900}.items()):
        plan = factories.PlanFactory.create(name=name, is_public=True, position=place, events_a_month=100_000)
        for interval, times in (("month", 1), ("year", 10)):
            factories.PlanPriceFactory(
                plan=plan, interval=interval, amount=amount * times, events_unit=50_000, events_unit_amount=900
            )


def take(page, name: str) -> None:
    page.get_by_role("link", name=f"Choose {name}").click()
    page.get_by_role("heading", name="What it costs now").wait_for()
    check(page)


def test_a_plan_is_paid_changed_and_cancelled(visit, stripe, organization, owner, offers) -> None:
    page = visit(reverse("settings_plan", args=["acme"]), user=owner)
    check(page)
    take(page, "Small")
    page.get_by_role("button", name="Take Small").click()
    # A page of the other host: ours has sent the browser there.
    page.wait_for_url(re.compile(r"/pay/cs_"))
    page.get_by_role("button", name="Pay").click()
    page.get_by_text("Acme is on the plan Small.").wait_for()
    check(page)

    take(page, "Large")
    page.get_by_text("€70.00").wait_for()
    page.get_by_role("button", name="Take Large").click()
    page.get_by_text("Acme is on the plan Large.").wait_for()

    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Cancel the plan").click()
    page.get_by_role("button", name="Keep Large").click()
    page.get_by_text("The plan goes on.").wait_for()
    organization.refresh_from_db()
    assert organization.plan.name == "Large"


def test_a_plan_by_invoice_is_asked_for(visit, organization, owner, offers) -> None:
    page = visit(reverse("settings_plan", args=["acme"]), user=owner)
    page.get_by_role("link", name="Yearly").click()
    page.wait_for_url(re.compile("year"))
    take(page, "Large")
    page.get_by_role("button", name="Ask for Large").click()
    page.get_by_text("You have asked for the plan Large, €990.00 a year").wait_for()
    check(page)


def test_nothing_on_offer(visit, organization, owner) -> None:
    check(visit(reverse("settings_plan", args=["acme"]), user=owner))
