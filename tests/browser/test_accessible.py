"""Every page: axe finds nothing, the console is silent, and nothing makes a narrow page scroll sideways."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse

from tests import factories

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LOOKS = [(scheme, width) for width in (1280, 320) for scheme in ("light", "dark")]
PROJECT_PAGES = ("overview", "live", "data_events", "data_properties", "project_settings")
ENTRANCES = ("account_login", "account_signup", "account_reset_password")


def check(page):
    """In every look of a page that is loaded once."""
    assert page.locator("h1").count() == 1
    found: dict[tuple[str, int, str], str] = {}
    for scheme, width in LOOKS:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (page.url, width)
        violations = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
        found |= {(scheme, width, item["id"]): item["nodes"][0]["html"][:200] for item in violations}
    assert found == {}, page.url


@pytest.mark.parametrize("name", PROJECT_PAGES)
def test_a_page_of_a_project(visit, shop, owner, name):
    check(visit(reverse(name, args=["acme", "shop"]), user=owner))


def test_a_whole_table(visit, shop, owner):
    check(
        visit(reverse("overview_table", args=["acme", "shop", "pages"]) + "?filter=source:is:Google", user=owner)
    )


def test_sql(visit, shop, owner):
    page = visit(reverse("sql", args=["acme", "shop"]) + "?q=SELECT%20name,%20url%20FROM%20events", user=owner)
    check(page)
    query = page.get_by_role("textbox", name="Query")
    query.fill("SELECT  FROM events")
    query.evaluate("element => element.setSelectionRange(7, 7)")
    page.get_by_role("button", name="message_id").click()
    query.press("Control+Enter")
    page.get_by_role("columnheader", name="message_id").wait_for()


@pytest.mark.parametrize("name", ["data_event", "data_property"])
def test_a_definition_with_a_long_name(visit, project, owner, name):
    long = "a_name_without_any_place_to_break_" * 5
    rows = {
        "data_event": factories.EventDefinitionFactory.create(project=project, name=long),
        "data_property": factories.PropertyDefinitionFactory.create(
            project=project, name=long, readings=[("number", 5000), ("text", 2)]
        ),
    }
    page = visit(reverse(name, args=["acme", "shop", rows[name].pk]), user=owner)
    check(page)


def test_describing_in_a_list(visit, shop, owner):
    page = visit(reverse("data_events", args=["acme", "shop"]), user=owner)
    row = page.get_by_role("row").filter(has_text="Order Completed")
    row.get_by_text("Describe").click()
    check(page)
    row.get_by_label("Description").fill("Somebody bought something.")
    row.get_by_role("button", name="Save").click()
    page.get_by_role("row").filter(has_text="Somebody bought something.").wait_for()


def test_open_menus(visit, shop, owner):
    page = visit(reverse("overview", args=["acme", "shop"]), user=owner)
    for menu in page.locator("details.menu").all():
        page.set_viewport_size({"width": 320, "height": 800})
        menu.locator("summary").click()
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    check(page)


@pytest.mark.parametrize(
    "address",
    [
        ("organization", "acme"),
        ("organization_new",),
        ("project_new", "acme"),
        ("overview", "acme", "shop"),
        ("settings_keys", "acme"),
        ("settings_members", "acme"),
        ("settings_usage", "acme"),
        ("jobs", "acme"),
        ("account_email",),
        ("account_change_password",),
    ],
)
def test_a_page_around_projects(visit, project, owner, address):
    """An organization, making things, an account, and a project that waits for its first event."""
    name, *rest = address
    check(visit(reverse(name, args=rest), user=owner))


@pytest.mark.parametrize("name", ENTRANCES)
def test_an_entrance(visit, db, name):
    check(visit(reverse(name)))


def test_the_style_guide(visit, db):
    check(visit(reverse("styleguide"), user=factories.UserFactory(is_staff=True)))
