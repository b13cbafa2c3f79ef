"""Every page: axe finds nothing, the console is silent, and nothing makes a narrow page scroll sideways."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse

from tests import factories

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LOOKS = [(scheme, width) for scheme in ("light", "dark") for width in (320, 1280)]
PROJECT_PAGES = ("overview", "live", "project_settings")
ENTRANCES = ("account_login", "account_signup", "account_reset_password")


def check(page):
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    report = [(item["id"], [node["html"][:200] for node in item["nodes"]]) for item in found]
    assert report == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.locator("h1").count() == 1


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_pages_of_a_project(visit, shop, owner, scheme, width):
    for name in PROJECT_PAGES:
        check(visit(reverse(name, args=["acme", "shop"]), user=owner, scheme=scheme, width=width))
    check(visit(reverse("overview_table", args=["acme", "shop", "pages"]), user=owner, scheme=scheme, width=width))


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_pages_around_projects(visit, project, owner, scheme, width):
    """An organization, making things, and a project that waits for its first event."""
    addresses = (
        reverse("organization", args=["acme"]),
        reverse("organization_new"),
        reverse("project_new", args=["acme"]),
        reverse("overview", args=["acme", "shop"]),
        reverse("account_email"),
        reverse("account_change_password"),
    )
    for address in addresses:
        check(visit(address, user=owner, scheme=scheme, width=width))


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_entrances(visit, db, scheme, width):
    for name in ENTRANCES:
        check(visit(reverse(name), scheme=scheme, width=width))


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_the_style_guide(visit, db, scheme, width):
    staff = factories.UserFactory(is_staff=True)
    check(visit(reverse("styleguide"), user=staff, scheme=scheme, width=width))


@pytest.mark.parametrize(("scheme", "width"), [("light", 320), ("dark", 1280)])
def test_open_menus(visit, shop, owner, scheme, width):
    page = visit(reverse("overview", args=["acme", "shop"]), user=owner, scheme=scheme, width=width)
    for menu in page.locator("details.menu").all():
        menu.locator("summary").click()
        check(page)
