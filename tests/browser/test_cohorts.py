"""Cohorts as a person makes, looks at and uses them; each page as axe sees it."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from analytics.models import Cohort
from analytics.services import cohort_work
from tests.analytics.cohorts import made
from tests.browser.test_accessible import check

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ORDERED = {"done": "Order Completed", "period": {"last": "7d"}}


def test_a_cohort_is_made_computed_and_explored(visit, shop, owner):
    page = visit(reverse("cohorts", args=["acme", "shop"]), user=owner)
    check(page)
    page.get_by_role("banner").get_by_role("link", name="Cohorts").click()
    page.get_by_role("link", name="New cohort").first.click()
    page.get_by_label("Name").fill("Customers")
    page.get_by_label("Event (any if empty)").fill("Order Completed")
    page.get_by_role("button", name="None of these").click()
    group = page.get_by_role("group", name="None of these")
    group.get_by_label("Event (any if empty)").fill("Refund requested")
    group.get_by_role("button", name="Add filter").click()
    page.get_by_role("group", name="None of these").get_by_label("Field").fill("path")
    page.get_by_role("group", name="None of these").get_by_label("Value").fill("/refund")
    check(page)
    page.get_by_role("button", name="Save and compute").click()
    page.get_by_text("It is computed within seconds").wait_for()
    expect(page.get_by_text("Never did").or_(page.get_by_text("Not:"))).to_be_visible()
    cohort_work.compute_due()
    # The page follows by itself.
    expect(page.locator("#cohort-state")).to_contain_text("Ready")
    page.reload()
    check(page)
    assert page.locator("#members tbody tr").count() == Cohort.objects.get().size > 0
    page.get_by_role("link", name="Explore them").click()
    expect(page.get_by_label("Cohort", exact=True)).to_have_value(str(Cohort.objects.get().pk))
    check(page)


def test_a_breakdown_by_cohort_is_named(visit, shop, owner):
    made(shop, "Customers", ORDERED)
    cohort_work.compute_due()
    page = visit(reverse("explore_kind", args=["acme", "shop", "breakdown"]), user=owner)
    page.get_by_role("combobox", name="Breakdown").fill("Cohort: Customers")
    page.get_by_role("combobox", name="Breakdown").press("Enter")
    expect(page.get_by_text("Not in Customers")).to_be_visible()
    check(page)


def test_a_list_and_what_uses_it(visit, shop, owner):
    listed = made(shop, "A list with a long name " * 6, people=["visitor-1", "nobody-at-all" * 10])
    made(shop, "Others", {"not": {"field": "person", "operator": "in_cohort", "values": [listed.pk]}})
    cohort_work.compute_due()
    for name, rest in (("cohorts", ()), ("cohort", (listed.pk,)), ("cohort_edit", (listed.pk,))):
        check(visit(reverse(name, args=["acme", "shop", *rest]), user=owner))
