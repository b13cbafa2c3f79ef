"""What a person does on the overview, in a real browser."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests import factories
from tests.analytics.events import NOON, event, store

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def overview(visit, shop, owner):
    return lambda query="", **options: visit(
        reverse("overview", args=["acme", "shop"]) + query, user=owner, **options
    )


def test_the_figures_are_those_of_the_events(overview):
    page = overview()
    expect(page.locator("#figure-visitors .amount")).to_have_text("40")
    expect(page.locator("#figure-views .amount")).to_have_text("100")
    expect(page.locator("#figure-events .amount")).to_have_text("20")


def test_a_figure_chooses_the_chart_and_the_address_says_so(overview):
    page = overview()
    page.locator("#figure-views").click()
    expect(page.locator("#figure-views")).to_have_attribute("aria-current", "true")
    expect(page.locator("figcaption")).to_contain_text("Views by")
    expect(page).to_have_url(re.compile("metric=views"))
    expect(page.locator("#figure-views")).to_be_focused()
    page.reload()
    expect(page.locator("figcaption")).to_contain_text("Views by")


def test_a_tab_changes_its_own_panel_and_keeps_the_rest(overview):
    page = overview("?metric=views")
    page.locator("#tab-channels").click()
    expect(page.locator("#panel-sources")).to_contain_text("Referral")
    expect(page).to_have_url(re.compile("metric=views&sources=channels"))


def test_what_was_switched_survives_a_filter(overview):
    page = overview()
    page.locator("#tab-channels").click()
    expect(page).to_have_url(re.compile("sources=channels"))
    page.locator("#panel-places").get_by_role("link", name="Germany").click()
    expect(page).to_have_url(re.compile("sources=channels"))
    expect(page.locator("#tab-channels")).to_have_attribute("aria-current", "true")
    expect(page.locator(".chip")).to_contain_text("Country is Germany")


def test_back_returns_to_the_figure_before(overview):
    page = overview()
    page.locator("#figure-views").click()
    expect(page).to_have_url(re.compile("metric=views"))
    page.go_back()
    expect(page.locator("#figure-visitors")).to_have_attribute("aria-current", "true")
    expect(page.get_by_label("Read visitors point by point")).to_be_attached()


def test_a_row_filters_the_whole_page_and_its_chip_removes_the_filter(overview):
    page = overview()
    page.locator("#panel-sources").get_by_role("link", name="Google").click()
    expect(page.locator(".chip")).to_contain_text("Source is Google")
    expect(page.locator("#figure-views .amount")).not_to_have_text("100")
    page.get_by_role("link", name="Remove the filter").click()
    expect(page.locator(".chip")).to_have_count(0)
    expect(page.locator("#figure-views .amount")).to_have_text("100")


def test_a_filter_by_a_property_is_added_by_the_form(overview):
    page = overview()
    page.locator("summary", has_text="Filter").click()
    page.get_by_label("Field").select_option("properties")
    page.get_by_label("Name of the property").fill("price")
    page.get_by_label("Comparison").select_option("less")
    page.get_by_label("Value").fill("12")
    page.get_by_role("button", name="Add filter").click()
    expect(page.locator(".chip")).to_contain_text("price is less than 12")
    expect(page).to_have_url(re.compile(r"/\?filter=properties\.price:less:12$"))
    expect(page.locator("#figure-events .amount")).to_have_text("2")


def test_the_chart_is_read_by_arrow_keys(overview):
    page = overview("?period=7d&interval=day")
    reader = page.get_by_label("Read visitors point by point")
    page.locator("body").press("Tab")
    reader.focus()
    reader.press("ArrowLeft")
    expect(reader).to_have_attribute("aria-valuetext", re.compile(" before$"))
    expect(page.locator("[data-tip]")).to_be_visible()


def test_slash_and_question_mark_and_arrows(overview):
    page = overview()
    page.keyboard.press("/")
    expect(page.get_by_label("Field")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("summary", has_text="Filter")).to_be_focused()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    rows = page.locator("#panel-sources [data-row]")
    rows.first.focus()
    page.keyboard.press("ArrowDown")
    expect(rows.nth(1)).to_be_focused()


def test_a_panel_that_fails_says_so_alone_and_can_be_tried_again(overview, console):
    page = overview()
    page.route("**/panels/summary/**", lambda route: route.abort())
    page.locator("#figure-views").click()
    expect(page.locator("#panel-summary")).to_contain_text("did not load")
    expect(page.locator("#panel-sources")).to_contain_text("Google")
    page.unroute("**/panels/summary/**")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("#figure-visitors .amount")).to_have_text("40")
    assert any("ERR_FAILED" in text for text in console)
    console.clear()


def test_without_javascript_the_whole_page_comes_at_once(overview):
    page = overview("?full=1", java_script_enabled=False)
    expect(page.locator("#figure-visitors .amount")).to_have_text("40")
    expect(page.locator("#panel-countries, #panel-places")).to_contain_text("Germany")


def test_the_theme_is_kept(overview):
    page = overview()
    page.get_by_role("button", name="Switch between light and dark").click()
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_waiting_becomes_the_dashboard_by_itself(visit, owner, organization):
    project = factories.ProjectFactory.create(organization=organization, slug="fresh")
    page = visit(reverse("overview", args=["acme", "fresh"]), user=owner)
    expect(page.get_by_text("Waiting for the first event")).to_be_visible()
    store(project, [event(NOON, kind="page", anonymous_id="a")])
    expect(page.locator("#panel-summary")).to_be_visible(timeout=15_000)
