"""Where single sign-on is the only way in: what is refused, what ends, and how owners get in when it fails."""

import re

import pytest
from allauth.account.internal.flows.login import perform_login
from allauth.account.models import EmailAddress, Login
from allauth.core import context
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts.access import Actor
from accounts.audited import Action
from accounts.errors import Conflict, Forbidden
from accounts.models import AuditEntry, Membership, User
from accounts.permissions import Role
from accounts.services import domains, sso
from tests import factories
from tests.accounts.sso import START, come, connect, is_in, log_of
from tests.accounts.test_account import CONFIRM, PASSWORD, SIGNUP, code_of, login

LOGIN = "/accounts/login/"


@pytest.fixture
def acme(organization, provider):
    """Tested, and not enforced yet."""
    return connect(organization, provider, "acme.test", tested_at=timezone.now(), tested_as="owner@acme.test")


@pytest.fixture
def enforced(acme, owner):
    sso.enforce(connection=acme, actor=Actor(user=owner))
    acme.refresh_from_db()
    return acme


def text_of(response) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", response.content.decode().split("<main")[1]).split())


def test_a_password_right_or_wrong_gets_the_same_hint(client, enforced, teammate, organization) -> None:
    right = login(client, teammate)
    wrong = login(Client(), teammate, "wrong password")
    nobody = Client().post(LOGIN, {"login": "nobody@acme.test", "password": "wrong password"})

    for response in (right, wrong, nobody):
        assert response.status_code == 200
        assert "People of acme.test log in by single sign-on." in text_of(response)
        assert "not correct" not in text_of(response)
    assert text_of(right) == text_of(wrong)
    assert not is_in(client)
    assert [action for action, target, _ in log_of(organization) if target == teammate.email] == [
        Action.LOGIN_REFUSED,
        Action.LOGIN_FAILED,
    ]


def test_guessing_is_slowed_there_as_well(client, enforced, teammate) -> None:
    for _ in range(5):
        login(client, teammate, "wrong")

    assert "Too many failed login attempts" in login(client, teammate, "wrong").content.decode()


def test_owners_get_in_by_their_passwords(client, enforced, owner) -> None:
    login(client, owner)

    assert is_in(client)


def test_an_owner_s_wrong_password_does_not_tell_that_they_are_one(enforced, owner, teammate) -> None:
    answers = [text_of(login(Client(), user, "wrong password")) for user in (owner, teammate)]

    assert answers[0].replace(owner.email, "") == answers[1].replace(teammate.email, "")


def test_any_other_proof_leads_to_the_single_sign_on(enforced, teammate, client, organization) -> None:
    """As a passkey is, whose way in is the same as that of every other proof."""
    request = client.get(LOGIN).wsgi_request
    request._messages = _Said()
    with context.request_context(request):
        response = perform_login(request, Login(user=teammate))

    assert response.url == START
    assert request._messages == ["People of acme.test log in by single sign-on."]
    assert not request.user.is_authenticated
    assert log_of(organization)[-1][0] == Action.LOGIN_REFUSED


class _Said(list):
    """Messages, as a request takes them."""

    def add(self, level, message, extra_tags="") -> None:
        self.append(message)


def test_a_reset_is_mailed_to_owners_only_and_no_page_says_who_they_are(enforced, owner, teammate) -> None:
    pages = [
        text_of(Client().post("/accounts/password/reset/", {"email": user}, follow=True))
        for user in (owner.email, teammate.email, "nobody@acme.test")
    ]

    assert len(set(pages)) == 1
    assert "People of acme.test log in by single sign-on." in pages[0]
    assert [message.to for message in mail.outbox] == [[owner.email]]


@pytest.mark.parametrize("email", ["new@acme.test", "New@ACME.test"])
def test_nobody_signs_up_with_such_an_address(client, enforced, settings, email) -> None:
    settings.SIGNUP_OPEN = True

    response = client.post(SIGNUP, {"email": email, "password1": PASSWORD})

    assert "log in by single sign-on" in text_of(response)
    assert not User.objects.filter(email__iexact=email).exists()
    assert mail.outbox == []


def test_an_address_that_is_changed_while_it_is_confirmed_is_refused_as_well(client, enforced, settings) -> None:
    settings.SIGNUP_OPEN = True
    client.post(SIGNUP, {"email": "new@home.test", "password1": PASSWORD})

    refused = client.post(CONFIRM, {"action": "change", "email": "new@acme.test"})

    assert "log in by single sign-on" in refused.content.decode()
    assert [message.to for message in mail.outbox] == [["new@home.test"]]


def test_what_is_enforced_while_an_address_is_confirmed_counts(client, acme, owner, settings) -> None:
    settings.SIGNUP_OPEN = True
    client.post(SIGNUP, {"email": "new@acme.test", "password1": PASSWORD})
    sso.enforce(connection=acme, actor=Actor(user=owner))

    response = client.post(CONFIRM, {"code": code_of(mail.outbox[0])})

    assert response.url == START
    assert not is_in(client)


def test_nobody_leaves_by_a_new_address_and_nobody_else_takes_one(enforced, provider, stranger) -> None:
    mine, theirs = Client(), Client()
    come(mine, "ada@acme.test")
    login(theirs, stranger)
    theirs.post("/accounts/reauthenticate/", {"password": factories.PASSWORD})

    leaving = mine.post("/accounts/email/", {"email": "ada@home.test", "action_add": ""})
    coming = theirs.post("/accounts/email/", {"email": "eve@acme.test", "action_add": ""})

    assert "the address is its own" in leaving.content.decode()
    assert "log in by single sign-on" in coming.content.decode()
    assert not EmailAddress.objects.filter(email__in=("ada@home.test", "eve@acme.test")).exists()


def test_other_sessions_end_and_those_of_single_sign_on_and_owners_stay(
    acme, owner, teammate, stranger, organization
) -> None:
    guest = factories.MembershipFactory.create(organization=organization, user__email="guest@home.test").user
    browsers = {user.email: Client() for user in (owner, teammate, stranger, guest)}
    for user in (owner, teammate, stranger, guest):
        login(browsers[user.email], user)
    by_sso = Client()
    come(by_sso, "ada@acme.test")

    ended = sso.enforce(connection=acme, actor=Actor(user=owner))

    assert ended == 1
    statuses = {email: browser.get("/organizations/new/").status_code for email, browser in browsers.items()}
    assert statuses == {
        owner.email: 200,
        teammate.email: 302,
        stranger.email: 200,
        guest.email: 200,
    }
    assert by_sso.get("/o/acme/").status_code == 200


def test_a_domain_that_is_proved_later_counts_from_then_on(enforced, organization, owner) -> None:
    late = factories.MembershipFactory.create(
        organization=organization, user__email="late@acme.example", role=Role.VIEWER
    ).user
    browser = Client()
    login(browser, late)
    assert browser.get("/o/acme/").status_code == 200
    claim = factories.DomainClaimFactory.create(
        organization=organization, domain="acme.example", proved_at=None, proved_how=""
    )

    domains.approve(claim=claim, actor=Actor(user=factories.UserFactory.create(is_staff=True), as_staff=True))

    assert browser.get("/o/acme/").status_code == 302
    login(browser, late)
    assert not is_in(browser)


def test_members_with_addresses_of_other_domains_and_staff_come_in_as_before(enforced, organization) -> None:
    guest = factories.MembershipFactory.create(organization=organization, user__email="guest@home.test").user
    staff = factories.UserFactory.create(email="root@acme.test", is_staff=True)
    for user in (guest, staff):
        browser = Client()
        login(browser, user)
        assert is_in(browser)


def test_people_of_the_domain_who_are_no_members_come_in_by_it_as_well(enforced, organization) -> None:
    """The domain is the organization's, whatever else its people belong to."""
    elsewhere = factories.MembershipFactory.create(user__email="ada@acme.test", role=Role.OWNER)
    browser = Client()
    login(browser, elsewhere.user)
    assert not is_in(browser)

    come(browser, "ada@acme.test")

    assert is_in(browser)
    assert Membership.objects.filter(user=elsewhere.user, organization=organization).exists()


def test_single_sign_on_itself_gets_in(client, enforced) -> None:
    come(client, "ada@acme.test")

    assert client.get("/o/acme/").status_code == 200


def test_another_organization_s_provider_is_no_way_around(enforced, provider) -> None:
    umbrella = factories.OrganizationFactory.create(slug="umbrella", name="Umbrella")
    connect(umbrella, provider, "umbrella.test")
    provider.person["email"] = "ada@umbrella.test"
    come(Client(), "ada@umbrella.test")
    User.objects.filter(email="ada@umbrella.test").update(email="ada@acme.test")
    browser = Client()

    assert come(browser, "ada@umbrella.test").status_code == 403
    assert not is_in(browser)


def test_it_ends_with_a_word_and_passwords_open_again(enforced, owner, teammate, organization) -> None:
    sso.make_optional(connection=enforced, actor=Actor(user=owner))

    browser = Client()
    login(browser, teammate)
    assert is_in(browser)
    assert [action for action, _, _ in log_of(organization)][:2] == [Action.SSO_ENFORCED, Action.SSO_OPTIONAL]


def test_nothing_is_enforced_untested_or_without_a_domain(organization, provider, owner) -> None:
    untested = connect(organization, provider, "acme.test")
    with pytest.raises(Conflict, match="Test it first"):
        sso.enforce(connection=untested, actor=Actor(user=owner))

    bare = connect(
        factories.MembershipFactory.create(user=owner, role=Role.OWNER).organization,
        provider,
        tested_at=timezone.now(),
    )
    with pytest.raises(Conflict, match="Prove a domain first"):
        sso.enforce(connection=bare, actor=Actor(user=owner))
    assert not AuditEntry.objects.exists()


def test_only_owners_enforce(acme, organization, teammate) -> None:
    admin = factories.MembershipFactory.create(organization=organization, role=Role.ADMIN).user
    for user in (admin, teammate):
        with pytest.raises(Forbidden):
            sso.enforce(connection=acme, actor=Actor(user=user))
