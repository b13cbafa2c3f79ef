"""Single sign-on in a browser: an owner sets it up, tests and enforces it, and somebody new comes in by it."""

import pytest
from django.core.cache import caches
from playwright.sync_api import expect

from accounts.access import Actor
from accounts.models import DomainClaim, Membership, SingleSignOn
from accounts.openid.provider import callback_url
from accounts.services import domains
from tests import factories
from tests.browser.test_accessible import check
from tests.simulators.oidc import Provider

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PAGE = "/o/acme/settings/sso/"


@pytest.fixture(autouse=True)
def _limits_begin_afresh() -> None:
    caches["default"].clear()


@pytest.fixture
def provider(settings, live_server):
    """It asks whoever comes to press a button."""
    settings.SSO_PRIVATE = True
    settings.BASE_URL = live_server.url
    with Provider() as running:
        running.asks = True
        yield running


def from_provider(page) -> None:
    page.get_by_role("heading", name="Example Login").wait_for()
    page.get_by_role("button", name="Log in as ada@acme.test").click()


def test_an_owner_sets_it_up_tests_it_and_makes_it_the_only_way_in(visit, project, owner, provider) -> None:
    page = visit(PAGE, user=owner)
    check(page)
    provider.register("plumbline", "s3cret", page.locator("#callback").inner_text().strip())
    page.get_by_label("Discovery URL").fill(provider.issuer)
    page.get_by_label("Client ID").fill("plumbline")
    page.get_by_label("Client secret").fill("s3cret")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("The provider is saved. Test it next.").wait_for()

    page.get_by_role("textbox", name="Domain").fill("acme.test")
    page.get_by_role("button", name="Claim the domain").click()
    page.get_by_text("not proved yet").wait_for()
    expect(page.get_by_text("_plumbline.acme.test")).to_be_visible()
    check(page)
    domains.approve(
        claim=DomainClaim.objects.get(), actor=Actor(user=factories.UserFactory.create(), as_staff=True)
    )

    page.get_by_role("button", name="Test it").click()
    from_provider(page)
    page.get_by_text("It works: you came through it as ada@acme.test.").wait_for()
    check(page)
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Make it the only way in").click()
    page.get_by_text("Single sign-on is the only way in now").wait_for()
    check(page)
    assert SingleSignOn.objects.get().enforced_at is not None
    assert not Membership.objects.filter(user__email="ada@acme.test").exists()


@pytest.fixture
def acme(organization, provider):
    """Set up, with acme.test."""
    found = factories.SingleSignOnFactory.create(
        organization=organization, issuer=provider.issuer, secret="s3cret", default_role="analyst"
    )
    provider.register("plumbline", "s3cret", callback_url(found.provider_id))
    factories.DomainClaimFactory.create(organization=organization, domain="acme.test")
    return found


def test_somebody_new_types_their_address_and_comes_in(visit, project, acme) -> None:
    page = visit("/accounts/login/?next=/o/acme/")
    check(page)
    page.get_by_label("E-mail address").fill("ada@acme.test")
    page.get_by_label("Password").focus()
    page.get_by_text("You can log in by the single sign-on of Acme.").wait_for()
    check(page)
    page.get_by_role("button", name="Go on to Acme").click()
    from_provider(page)
    page.get_by_role("link", name="Shop").first.wait_for()

    assert page.url.endswith("/o/acme/")
    assert Membership.objects.get(user__email="ada@acme.test").role == "analyst"


def test_whoever_has_no_address_yet_is_asked_and_a_refusal_says_why(
    visit, project, acme, provider, console
) -> None:
    page = visit("/accounts/sso/")
    check(page)
    page.get_by_label("E-mail address").fill("ada@nowhere.test")
    page.get_by_role("button", name="Continue").click()
    page.get_by_text("Nobody has set up single sign-on for nowhere.test here.").wait_for()
    check(page)
    page.get_by_label("E-mail address").fill("ada@acme.test")
    provider.lies = "expired"
    page.get_by_role("button", name="Continue").click()
    from_provider(page)
    page.get_by_role("heading", name="Acme could not log you in").wait_for()
    check(page)
    expect(page.get_by_role("alert")).to_have_text("The provider's token is over. Try again.")
    assert [line.split("(")[-1] for line in console] == ["Unprocessable Entity)", "Forbidden)"]
    console.clear()
