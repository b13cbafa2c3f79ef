"""What a person does on Explore, in a real browser."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from accounts.errors import RateLimited
from analytics.models import QueryRun
from analytics.queries import run
from analytics.views.explore.questions import QUESTIONS
from tests import factories
from tests.analytics.test_query_runs import Gate
from tests.browser.test_accessible import check

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# Where the whole of the last days is not yet a question.
NEEDED = {
    "attribution": "event=Order+Completed",
    "breakdown": "breakdown.0=country",
    "funnel": "steps.0.event=page&steps.1.event=Order+Completed",
    "revenue": "events.0=Order+Completed&property=price&currency=EUR",
}


@pytest.fixture
def explore(visit, shop, owner):
    def explore(kind="trends", query="", **options):
        address = reverse("explore_kind", args=["acme", "shop", kind])
        return visit(f"{address}?{query}" if query else address, user=owner, **options)

    return explore


@pytest.fixture
def gate(monkeypatch, settings):
    """Computations wait until it is opened, and pages do not."""
    settings.PAGE_WAIT_SECONDS = 0.1
    made = Gate(run._computed)
    monkeypatch.setattr(run, "_computed", made)
    yield made
    made.opened.set()


@pytest.mark.parametrize("kind", QUESTIONS)
def test_every_kind_of_question(explore, kind):
    page = explore(kind, NEEDED.get(kind, ""))
    page.get_by_text("How this was got").click()
    for numbers in page.get_by_text("Show the numbers").all():
        numbers.click()
    check(page)
    expect(page.get_by_role("link", name="CSV of the whole answer")).to_be_visible()


@pytest.mark.parametrize("query", ["series.0.aggregation=sum", "series.0.event=Nothing"])
def test_a_question_without_an_answer(explore, console, query):
    check(explore("trends", query))
    # The browser notes the answer's 422.
    console.clear()


def test_a_long_question_is_watched_and_answered_by_itself(explore, gate):
    page = explore()
    page.get_by_role("heading", name="Computing the answer").wait_for()
    expect(page.get_by_text("It reads up to 120 events")).to_be_visible()
    expect(page.get_by_text(re.compile(r"[1-9] s so far"))).to_be_visible()
    check(page)

    page.get_by_role("button", name="Cancel").focus()
    gate.opened.set()
    expect(page.get_by_role("heading", name="Over time")).to_be_visible()
    expect(page.locator("#announcer")).to_have_text("The answer is there.")


def test_a_long_question_is_cancelled(explore, gate):
    page = explore()
    gate.begun.wait(10)
    page.get_by_role("button", name="Cancel").click()

    expect(page.get_by_text("The question was cancelled.")).to_be_visible()
    assert gate.opened.wait(5)
    check(page)
    gate.opened.set()
    page.get_by_role("link", name="Ask again").click()
    expect(page.get_by_role("heading", name="Over time")).to_be_visible()


def test_asking_something_else_ends_what_is_computed(explore, gate):
    page = explore()
    gate.begun.wait(10)
    page.get_by_label("Event", exact=True).fill("page")
    page.get_by_role("button", name="Show").last.click()

    expect(page.get_by_text("page: total 100")).to_be_visible()
    assert QueryRun.objects.filter(state=QueryRun.State.CANCELLED).count() == 1


def test_without_javascript_a_long_question_is_answered_too(explore, gate):
    page = explore(java_script_enabled=False)
    page.get_by_role("heading", name="Computing the answer").wait_for()
    gate.opened.set()

    expect(page.get_by_role("heading", name="Over time")).to_be_visible(timeout=15_000)


def test_without_javascript_a_long_question_is_cancelled_too(explore, gate):
    page = explore(java_script_enabled=False)
    page.get_by_role("button", name="Cancel").click()

    expect(page.get_by_text("The question was cancelled.")).to_be_visible()


def test_too_much_at_once_is_asked_again_by_itself(explore, monkeypatch, console):
    real, refusals = run.ask, iter([1, 1])

    def ask(**kwargs):
        if next(refusals, None):
            raise RateLimited("Too many queries of your organization are running.", retry_after=0.2)
        return real(**kwargs)

    monkeypatch.setattr("analytics.services.asking.ask", ask)
    page = explore()
    expect(page.get_by_text("Too much is asked at once")).to_be_visible()
    expect(page.get_by_role("heading", name="Over time")).to_be_visible(timeout=15_000)
    assert all("429" in text for text in console)
    console.clear()


def test_panels_ask_again_after_a_429(visit, shop, owner, monkeypatch, console):
    real, refusals = run.run_query, iter([1] * 8)

    def run_query(**kwargs):
        if next(refusals, None):
            raise RateLimited("Too many queries of your organization are running.", retry_after=0.2)
        return real(**kwargs)

    monkeypatch.setattr("analytics.views.overview.run_query", run_query)
    page = visit(reverse("overview", args=["acme", "shop"]), user=owner)

    expect(page.locator("#figure-visitors .amount")).to_have_text("40", timeout=20_000)
    expect(page.locator("#panel-sources")).to_contain_text("Google", timeout=20_000)
    assert all("429" in text for text in console)
    console.clear()


def test_the_focus_stays_where_the_work_is(explore):
    page = explore()
    page.get_by_role("button", name="Add series").click()
    expect(page.locator("[name='series.1.event']")).to_be_focused()
    page.get_by_role("button", name="Remove series 2").click()
    expect(page.get_by_role("button", name="Add series")).to_be_focused()
    page.locator("[name='series.0.event']").fill("page")
    page.keyboard.press("Enter")
    expect(page.get_by_text("page: total 100")).to_be_visible()
    expect(page.locator("[name='series.0.event']")).to_be_focused()
    page.get_by_label("Aggregation").focus()
    page.get_by_label("Aggregation").select_option("unique")
    expect(page.get_by_text("page: unique 40")).to_be_visible()
    expect(page.get_by_label("Aggregation")).to_be_focused()


@pytest.mark.parametrize("name", ["SVG", "PNG"])
def test_a_chart_is_taken_away(explore, name):
    page = explore()
    with page.expect_download() as waiting:
        page.get_by_text(name, exact=False).locator("visible=true").first.click()
    download = waiting.value

    assert download.suggested_filename.endswith(f".{name.lower()}")
    content = download.path().read_bytes()
    assert content.startswith({"SVG": b"<svg", "PNG": b"\x89PNG"}[name])
    assert len(content) > 2_000


def test_a_step_leads_to_its_people_and_they_to_their_pages(explore):
    page = explore("funnel", NEEDED["funnel"])
    page.get_by_role("link", name="Who dropped of step 2").click()
    expect(page.get_by_role("heading", name=re.compile("Who dropped before step 2"))).to_be_in_viewport()
    check(page)
    page.locator(".names a").first.click()
    expect(page.get_by_role("heading", name="Timeline")).to_be_visible()
    check(page)


def test_a_persons_page_of_long_words(visit, shop, owner):
    long = "a-word-that-breaks-nowhere-" * 8
    factories.PersonTraitsFactory.create(project=shop, person="visitor-5", traits={"name": long, long: long})
    page = visit(reverse("person", args=["acme", "shop", "visitor-5"]), user=owner)
    page.get_by_text("1 property").first.click()
    check(page)


def test_how_it_is_computed(explore):
    page = explore()
    page.get_by_text("How this was got").click()
    page.get_by_role("link", name="See how it is computed").click()
    expect(page.get_by_role("heading", name="Statement 1")).to_be_visible()
    check(page)
