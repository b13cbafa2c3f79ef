"""Every page: axe finds nothing, the console is silent, and nothing makes a narrow page scroll sideways."""

from datetime import date

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from accounts.access import SYSTEM
from accounts.billing.meters import Meter
from accounts.billing.rating import Line, LineKind
from accounts.billing.services import issuing, ledger
from accounts.billing.services.ledger import Posting
from tests import factories

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LOOKS = [(scheme, width) for width in (1280, 320) for scheme in ("light", "dark")]
PROJECT_PAGES = ("overview", "live", "data_events", "data_properties", "project_settings")
ENTRANCES = ("account_login", "account_signup", "account_reset_password")


def check(page):
    """In every look of a page that is loaded once."""
    expect(page.locator("h1")).to_have_count(1)
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


def test_a_long_audit_log_with_its_details_open(visit, organization, owner):
    long = "a_name_without_any_place_to_break_" * 5
    factories.AuditEntryFactory.create_batch(55, organization=organization, target_name=long, user_agent="u" * 300)
    page = visit(reverse("settings_audit", args=["acme"]), user=owner)
    page.locator(".audit-changes > summary").first.click()
    check(page)


def test_replacing_a_secret(visit, organization, owner):
    key = factories.SecretKeyFactory.create(organization=organization)
    page = visit(reverse("secret_key_rotate", args=["acme", key.pk]), user=owner)
    check(page)
    page.get_by_role("button", name="Make a new secret").click()
    page.get_by_role("region", name="Secret key", exact=True).wait_for()
    check(page)


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


@pytest.mark.parametrize("name", ["organization", "settings_organization", "settings_members", "settings_plan"])
def test_a_long_name_of_an_organization(visit, project, owner, name):
    organization = project.organization
    organization.name = "A second organization with quite a long name indeed"
    organization.save()
    factories.MembershipFactory.create(organization=organization, role="owner")
    factories.InvitationFactory.create(organization=organization, invited_by=owner)
    page = visit(reverse(name, args=["acme"]), user=owner)
    check(page)
    page.set_viewport_size({"width": 320, "height": 800})
    page.locator("details.menu.switcher > summary").click()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.parametrize(
    "address",
    [
        ("organization", "acme"),
        ("organization_new",),
        ("project_new", "acme"),
        ("overview", "acme", "shop"),
        ("settings_keys", "acme"),
        ("settings_members", "acme"),
        ("settings_audit", "acme"),
        ("settings_organization", "acme"),
        ("settings_usage", "acme"),
        ("jobs", "acme"),
        ("account_name",),
        ("webhooks", "acme"),
        ("settings_jobs", "acme"),
        ("project_jobs", "acme", "shop"),
        ("account_email",),
        ("account_change_password",),
        ("mfa_index",),
        ("usersessions_list",),
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


def test_usage_of_models_and_caps(visit, project, owner):
    organization, now = project.organization, timezone.now()
    factories.SpendingCapFactory.create(organization=organization)
    with transaction.atomic():
        for meter, currency in ((Meter.INPUT_TOKENS, ""), (Meter.COST, "USD")):
            posting = Posting(meter, meter, 90_000_000, now, model="a-model-with-a-long-name", currency=currency)
            ledger.post(organization_id=organization.pk, postings=[posting])
    check(visit(reverse("settings_usage", args=["acme"]), user=owner))
    check(visit(reverse("settings_caps", args=["acme"]), user=owner))
    check(visit(reverse("llm_costs", args=["acme"]), user=owner))


def test_invoices(visit, organization, owner):
    words = "Events over the quota, November 2026: 1,234,567 used, 1,000,000 included"
    line = Line(LineKind.EVENTS, "events", words, 3, "100,000 events", 500, date(2026, 11, 1), date(2026, 11, 30))
    invoice = issuing.issue(
        organization=organization, currency="EUR", lines=[line], subscription_id=1, now=timezone.now()
    )
    issuing.credit(invoice=invoice, net=500, reason="Goodwill.", actor=SYSTEM, now=timezone.now())
    page = visit(reverse("settings_invoices", args=["acme"]), user=owner)
    check(page)
    page.set_viewport_size({"width": 1280, "height": 800})
    page.get_by_role("link", name=invoice.number, exact=True).click()
    page.get_by_role("heading", name="Credit notes").wait_for()
    check(page)
    with page.expect_download() as started:
        page.get_by_role("link", name="PDF").click()
    assert started.value.suggested_filename == f"invoice-{invoice.number}.pdf"


def test_a_webhook_and_what_was_sent(visit, organization, owner):
    """One that was switched off, one that works, and messages in every state."""
    endpoint = factories.WebhookEndpointFactory.create(organization=organization, failing_since=timezone.now())
    factories.WebhookDeliveryFactory.create(endpoint=endpoint, is_delivered=True)
    factories.WebhookDeliveryFactory.create(
        endpoint=endpoint, attempts=3, response_status=503, error="Down. " * 40
    )
    visited = visit(reverse("webhook", args=["acme", endpoint.pk]), user=owner)
    check(visited)
    for name in ("webhook_rotate", "webhook_delete"):
        check(visit(reverse(name, args=["acme", endpoint.pk]), user=owner))
