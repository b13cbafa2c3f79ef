"""Authenticator apps and passkeys in a browser; the passkeys by Chromium's own virtual authenticator."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core.cache import cache
from playwright.sync_api import expect

from tests import factories
from tests.browser.test_accessible import check

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def prove(page) -> None:
    """Type the password that pages about safety ask for."""
    page.get_by_role("heading", name="Is it you?").wait_for()
    page.get_by_label("Password").fill(factories.PASSWORD)
    page.get_by_role("button", name="Go on").click()


def log_in(page, owner) -> None:
    page.get_by_label("E-mail address").fill(owner.email)
    page.get_by_label("Password").fill(factories.PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()


def code(secret: str) -> str:
    return str(format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time()))))


def test_an_authenticator_app_from_its_set_up_to_a_login(visit, project, owner) -> None:
    page = visit("/accounts/2fa/", user=owner)
    check(page)
    page.get_by_role("link", name="Set up an app").click()
    page.get_by_role("heading", name="Is it you?").wait_for()
    check(page)
    prove(page)
    page.get_by_role("heading", name="Set up an authenticator app").wait_for()
    check(page)
    secret = page.locator("#totp-key").inner_text().strip()
    page.get_by_label("Authenticator code").fill(code(secret))
    page.get_by_role("button", name="Turn it on").click()
    page.get_by_role("heading", name="Recovery codes").wait_for()
    check(page)
    recovery = page.locator("#recovery-codes").inner_text().split()

    login = visit("/accounts/login/?next=/o/acme/")
    log_in(login, owner)
    login.get_by_role("heading", name="Two-factor login").wait_for()
    check(login)
    login.get_by_label("Code").fill(recovery[0])
    login.get_by_role("button", name="Log in", exact=True).click()
    login.get_by_role("heading", name="Acme").wait_for()

    page.goto("/accounts/2fa/")
    expect(page.get_by_text("9 of 10 are left")).to_be_visible()
    check(page)


def test_a_passkey_from_its_set_up_to_a_login_without_a_password(visit, project, owner) -> None:
    page = visit("/accounts/2fa/webauthn/add/", user=owner)
    device = with_device(page)
    prove(page)
    page.get_by_role("heading", name="Add a passkey").wait_for()
    check(page)
    page.get_by_label("Name").fill("My laptop")
    page.get_by_role("button", name="Add it").click()
    page.get_by_role("heading", name="Recovery codes").wait_for()
    page.goto("/accounts/2fa/webauthn/")
    expect(page.get_by_text("My laptop").first).to_be_visible()
    check(page)

    page.context.clear_cookies()
    page.goto("/accounts/login/?next=/o/acme/")
    check(page)
    page.get_by_role("button", name="Log in with a passkey").click()
    page.get_by_role("heading", name="Acme").wait_for()
    assert Authenticator.objects.get(type="webauthn").last_used_at is not None

    device.send("WebAuthn.clearCredentials", {"authenticatorId": device.id})
    page.context.clear_cookies()
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Log in with a passkey").click()
    page.get_by_role("alert").wait_for()
    expect(page.get_by_text("Nothing was confirmed")).to_be_visible()


def test_a_security_key_as_the_second_factor_and_to_prove_oneself(visit, project, owner) -> None:
    page = visit("/accounts/2fa/webauthn/add/", user=owner)
    with_device(page)
    prove(page)
    page.get_by_label("Log in with it alone").uncheck()
    page.get_by_role("button", name="Add it").click()
    page.get_by_role("heading", name="Recovery codes").wait_for()

    page.context.clear_cookies()
    page.goto("/accounts/login/?next=/accounts/2fa/totp/activate/")
    log_in(page, owner)
    page.get_by_role("button", name="Use a passkey or security key").click()
    page.get_by_role("heading", name="Is it you?").wait_for()
    check(page)
    page.get_by_role("link", name="Use a security key").click()
    page.get_by_role("button", name="Use a passkey").wait_for()
    check(page)
    page.get_by_role("button", name="Use a passkey").click()
    page.get_by_role("heading", name="Set up an authenticator app").wait_for()


@pytest.mark.parametrize(
    "path", ["/accounts/sessions/", "/accounts/password/reset/done/", "/accounts/password/reset/key/done/"]
)
def test_further_pages_of_an_account(visit, owner, path) -> None:
    check(visit(path, user=owner))


class Device:
    """Chromium's virtual authenticator in one page."""

    def __init__(self, page) -> None:
        self.session = page.context.new_cdp_session(page)
        self.session.send("WebAuthn.enable")
        made = self.session.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
        self.id = made["authenticatorId"]

    def send(self, method: str, values: dict[str, str]) -> None:
        self.session.send(method, values)


def with_device(page) -> Device:
    return Device(page)


@pytest.fixture(autouse=True)
def _limits_begin_afresh() -> None:
    cache.clear()
