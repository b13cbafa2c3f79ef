"""The pages of cohorts: a list, one cohort, and the form, with and without JavaScript."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.permissions import Role
from analytics.models import Cohort
from analytics.views.cohorts.rows import conditions_of, rows_of
from tests import factories
from tests.analytics.cohorts import BOUGHT, DAY, PRO, compute, computed, is_in, made
from tests.analytics.events import NOON, event, store

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(project):
    store(project, [event(NOON, name="Buy", user_id=name) for name in ("ada", "bob", "eve")])
    return project


@pytest.fixture
def analyst(organization):
    return factories.MembershipFactory(organization=organization, role=Role.ANALYST).user


@pytest.fixture
def browser(client, analyst, shop):
    client.force_login(analyst)
    return client


def address(name, *args):
    return reverse(name, args=["acme", "shop", *args])


def test_an_empty_list_says_what_to_do(browser, client, teammate):
    assert "New cohort" in browser.get(address("cohorts")).content.decode()
    client.force_login(teammate)
    page = client.get(address("cohorts")).content.decode()
    assert ("No cohort yet" in page, "New cohort" in page) == (True, False)


def test_the_list_is_searched_sorted_and_shows_size_and_age(browser, shop):
    computed(shop, "Buyers", BOUGHT, now=NOON)
    made(shop, "Pro", PRO)

    page = browser.get(address("cohorts") + "?sort=-size")
    found = browser.get(address("cohorts") + "?search=pr")
    nothing = browser.get(address("cohorts") + "?search=zzz")

    assert [cohort.name for cohort in page.context["page"]] == ["Buyers", "Pro"]
    assert [cohort.name for cohort in found.context["page"]] == ["Pro"]
    assert "ago</time>" in page.content.decode()
    assert "Nothing found" in nothing.content.decode()


@pytest.mark.parametrize("count", [1, 10])
def test_the_list_asks_as_much_for_ten_as_for_one(browser, shop, count, django_assert_max_num_queries):
    for number in range(count):
        factories.CohortFactory.create(project=shop, name=f"Cohort {number}")

    with django_assert_max_num_queries(12):
        page = browser.get(address("cohorts"))

    assert len(page.context["page"]) == count


def test_a_cohort_is_made_with_a_form(browser):
    form = {
        "name": "Loyal",
        "description": "",
        "conditions.0.kind": "done", "conditions.0.done": "Buy", "conditions.0.often": "at_least",
        "conditions.0.times": "2", "conditions.0.last": "30d",
        "conditions.0.filters.0.field": "path", "conditions.0.filters.0.operator": "is",
        "conditions.0.filters.0.values": "/a",
        "conditions.1.kind": "none",
        "conditions.1.items.0.kind": "trait", "conditions.1.items.0.field": "person.plan",
        "conditions.1.items.0.operator": "is", "conditions.1.items.0.values": "free",
    }  # fmt: skip

    answer = browser.post(address("cohort_new"), form)

    cohort = Cohort.objects.get()
    assert (answer.status_code, answer.url) == (302, address("cohort", cohort.pk))
    assert cohort.conditions == [
        {
            "done": "Buy",
            "period": {"last": "30d"},
            "at_least": "2",
            "filters": [{"field": "path", "operator": "is", "values": ["/a"]}],
        },
        {"not": {"any": [{"field": "person.plan", "operator": "is", "values": ["free"]}]}},
    ]
    page = browser.get(answer.url).content.decode()
    assert "Did “Buy” at least 2 times, in the last 30 days; only events with Page is /a" in page
    assert "plan is free" in page
    assert browser.get(address("cohort_edit", cohort.pk)).status_code == 200


def test_rows_are_added_and_removed_without_saving(browser, shop):
    buyers = made(shop, "Buyers", BOUGHT)
    base = {"name": "x", "conditions.0.kind": "trait", "conditions.0.field": "person.plan"}

    added = browser.post(address("cohort_new"), {**base, "add": "conditions:cohort"})
    grouped = browser.post(address("cohort_new"), {**base, "add": "conditions:any"})
    filtered = browser.post(address("cohort_new"), {"conditions.0.kind": "done", "add": "conditions.0.filters"})
    removed = browser.post(address("cohort_new"), {**base, "remove": "conditions.0"})

    assert f'<option value="{buyers.pk}">Buyers</option>' in added.content.decode()
    assert 'name="conditions.0.field" value="person.plan"' in added.content.decode()
    assert 'name="conditions.1.items.0.done"' in grouped.content.decode()
    assert 'name="conditions.0.filters.0.field"' in filtered.content.decode()
    assert 'name="conditions.0.kind"' not in removed.content.decode()
    assert {page.status_code for page in (added, grouped, filtered, removed)} == {200}
    assert Cohort.objects.count() == 1


def test_what_is_wrong_stands_at_its_input(browser):
    form = {
        "name": " ",
        "conditions.0.kind": "any",
        "conditions.0.items.0.kind": "trait", "conditions.0.items.0.field": "path",
        "conditions.0.items.0.operator": "greater", "conditions.0.items.0.values": "many",
        "conditions.1.kind": "json", "conditions.1.json": "{",
    }  # fmt: skip

    page = browser.post(address("cohort_new"), form)
    text = page.content.decode()

    assert page.status_code == 422
    assert {"name", "conditions.0.any.0.operator", "conditions.1"} <= set(page.context["draft"].errors)
    assert 'value="many"' in text


def test_a_list_is_pasted_and_uploaded(browser, shop):
    file = SimpleUploadedFile("people.csv", b'\xef\xbb\xbfname,user_id\n"Bob, the",bob\nZoe,zoe\n')

    answer = browser.post(
        address("cohort_new") + "?list=1", {"name": "List", "people": "ada\r\n\r\neve", "file": file}
    )
    cohort = Cohort.objects.get()
    compute(cohort)
    page = browser.get(answer.url).content.decode()

    assert cohort.people == ["ada", "eve", "bob", "zoe"]
    assert "1 id of the list belongs" in page
    assert "<code>zoe</code>" in page


@pytest.mark.parametrize("content", [b"\xff\xfe", b'a,"b\n'])
def test_a_file_that_is_no_csv_is_refused(browser, content):
    page = browser.post(
        address("cohort_new") + "?list=1", {"name": "x", "file": SimpleUploadedFile("people.csv", content)}
    )

    assert (page.status_code, list(page.context["draft"].errors)) == (422, ["file"])


def test_a_page_shows_members_and_who_uses_it(browser, shop):
    cohort = computed(shop, "Buyers", BOUGHT)
    made(shop, "Others", {"not": is_in(cohort)})
    factories.InsightFactory.create(
        project=shop, name="Visits", spec={"kind": "overview", "period": DAY, "filters": [is_in(cohort)]}
    )

    page = browser.get(address("cohort", cohort.pk)).content.decode()
    one = browser.get(address("cohort", cohort.pk) + "?person=ada")
    none = browser.get(address("cohort", cohort.pk) + "?person=nobody")
    refused = browser.post(address("cohort_delete", cohort.pk), follow=True)

    assert [
        text for text in ("ada", "bob", "eve", "Others", "Visits", "2026-12-20 12:00:00 UTC") if text not in page
    ] == []
    assert [member.person for member in one.context["members"].members] == ["ada"]
    assert "Not in it" in none.content.decode()
    assert "the insight “Visits”" in refused.content.decode()


def test_the_overview_is_filtered_by_cohorts_by_name(browser, shop):
    cohort = computed(shop, "Buyers", BOUGHT)
    days = "?from=2026-11-20&to=2026-11-20"

    page = browser.get(f"{address('overview')}{days}&filter=person:not_in_cohort:{cohort.pk}").content.decode()
    gone = browser.get(f"{address('overview')}{days}&filter=person:in_cohort:424242").content.decode()

    assert f'<option value="person:in_cohort:{cohort.pk}">In cohort Buyers</option>' in page
    assert "Remove the filter: Not in cohort Buyers" in page
    assert "Remove the filter: In cohort 424242" in gone


def test_it_is_computed_on_demand_and_the_page_follows(browser, shop):
    cohort = computed(shop, "Buyers", BOUGHT)

    page = browser.post(address("cohort_compute", cohort.pk), follow=True).content.decode()

    assert 'hx-trigger="every 2s"' in page
    assert "Waiting to be computed" in page
    browser.post(address("cohort_delete", cohort.pk))
    assert not Cohort.objects.exists()


@pytest.mark.parametrize(
    "conditions",
    [
        [PRO, {"field": "person.seats", "operator": "between", "values": ["1", "2"]}],
        [{"field": "person", "operator": "not_in_cohort", "values": ["3", "4"]}],
        [{**BOUGHT, "at_most": "0"}, {"any": [PRO, {**BOUGHT, "exactly": "2"}]}, {"all": [PRO]}],
        [{"not": {"any": [PRO]}}],
        [{"not": {"not": {"any": [PRO]}}}],
        [{"any": [{"all": [PRO]}]}],
        [{"field": "person.plan", "operator": "is", "values": ["pro", "free"]}],
        [{**BOUGHT, "at_least": "1", "filters": [{"any": [PRO]}]}],
    ],
)
def test_conditions_stay_as_they_are_in_a_form(conditions):
    assert conditions_of(rows_of(conditions)) == conditions
