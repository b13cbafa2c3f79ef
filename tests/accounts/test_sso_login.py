"""Logging in by an organization's provider: members just in time, bound to a subject, kept to proved domains."""

from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts.access import Actor
from accounts.models import Membership, User
from accounts.permissions import Role
from accounts.services import members
from tests import factories
from tests.accounts.sso import START, address_of, come, connect, from_provider, is_in, log_of
from tests.accounts.test_account import login, totp


@pytest.fixture
def acme(organization, provider):
    """Acme's provider, with acme.test proved."""
    return connect(organization, provider, "acme.test", default_role=Role.ANALYST)


def test_somebody_new_becomes_a_member_with_the_default_role(client, acme, organization) -> None:
    response = come(client, "ada@acme.test", next="/o/acme/")

    ada = User.objects.get()
    assert (response.status_code, response.url) == (302, "/o/acme/")
    assert client.session["_auth_user_id"] == str(ada.pk)
    assert (ada.email, ada.name, ada.has_usable_password()) == ("ada@acme.test", "Ada", False)
    assert Membership.objects.get().role == Role.ANALYST
    address = EmailAddress.objects.get()
    assert (address.email, address.verified, address.primary) == ("ada@acme.test", True, True)
    assert client.get("/o/acme/").status_code == 200
    assert log_of(organization) == [
        ("sso.linked", "ada@acme.test", None),
        ("member.added", "ada@acme.test", {"role": "analyst"}),
        ("login.succeeded", "ada@acme.test", {"how": "single sign-on"}),
    ]


def test_the_second_time_it_is_the_same_account_and_membership(acme) -> None:
    for _ in range(2):
        visitor = Client()
        come(visitor, "ada@acme.test")
        assert is_in(visitor)

    assert User.objects.count() == Membership.objects.count() == SocialAccount.objects.count() == 1


def test_what_is_sent_to_the_provider(client, acme, provider) -> None:
    parts = urlsplit(address_of(client, "Ada@Acme.test"))
    asked = {name: values[0] for name, values in parse_qs(parts.query).items()}

    assert f"{parts.scheme}://{parts.netloc}" == provider.issuer
    assert asked["redirect_uri"] == f"http://testserver/accounts/sso/{acme.provider_id}/callback/"
    assert set(asked["scope"].split()) == {"openid", "profile", "email"}
    assert asked["code_challenge_method"] == "S256"
    assert (asked["response_type"], asked["login_hint"]) == ("code", "Ada@Acme.test")
    assert len(asked["state"]) >= 16
    assert len(asked["nonce"]) >= 16


@pytest.mark.parametrize("lies", ["", "secret in the body", "thin"])
def test_providers_differ_in_how_they_take_secrets_and_say_addresses(client, acme, provider, lies) -> None:
    provider.lies = lies

    come(client, "ada@acme.test")

    assert is_in(client)


def test_a_new_key_of_the_provider_is_fetched(client, acme, provider) -> None:
    come(Client(), "ada@acme.test")
    provider.rotate()

    come(client, "ada@acme.test")

    assert is_in(client)


def test_an_account_with_the_address_is_bound_keeps_its_role_and_is_told(
    client, acme, teammate, organization, django_capture_on_commit_callbacks
) -> None:
    User.objects.filter(pk=teammate.pk).update(email="ada@acme.test")
    EmailAddress.objects.filter(user=teammate).update(email="ada@acme.test")

    with django_capture_on_commit_callbacks(execute=True):
        come(client, "ada@acme.test")

    assert client.session["_auth_user_id"] == str(teammate.pk)
    assert Membership.objects.get(user=teammate).role == Role.VIEWER
    assert User.objects.get(pk=teammate.pk).has_usable_password()
    assert [(message.to, message.subject) for message in mail.outbox] == [
        (["ada@acme.test"], "You log in with Acme now")
    ]


def test_an_account_whose_address_nobody_has_confirmed_is_taken_from_whoever_made_it(client, acme) -> None:
    squatter = factories.UserFactory.create(email="ada@acme.test")
    EmailAddress.objects.filter(user=squatter).update(verified=False)
    factories.AuthenticatorFactory.create(user=squatter)

    come(client, "ada@acme.test")

    squatter.refresh_from_db()
    assert is_in(client)
    assert not squatter.has_usable_password()
    assert not Authenticator.objects.exists()
    assert EmailAddress.objects.get().verified


def test_another_address_at_the_provider_leads_to_the_same_account_and_to_nobody_else_s(
    client, acme, provider, teammate
) -> None:
    come(Client(), "ada@acme.test")
    provider.person["email"] = teammate.email

    come(client, "ada@acme.test")

    ada = User.objects.get(email="ada@acme.test")
    assert client.session["_auth_user_id"] == str(ada.pk)
    assert SocialAccount.objects.get().user == ada
    assert set(User.objects.values_list("email", flat=True)) >= {"ada@acme.test", teammate.email}


def test_an_address_that_goes_to_somebody_else_does_not_bring_them_the_account(
    client, acme, provider, organization, owner
) -> None:
    come(Client(), "ada@acme.test")
    provider.person["sub"] = "another-ada"

    refused = come(client, "ada@acme.test")

    assert refused.status_code == 403
    assert "belongs to another person of your provider" in refused.content.decode()
    assert not is_in(client)
    members.remove(membership=Membership.objects.get(user__email="ada@acme.test"), actor=Actor(user=owner))
    assert not SocialAccount.objects.exists()
    assert ("sso.unlinked", "ada@acme.test", None) in log_of(organization)
    come(client, "ada@acme.test")
    assert is_in(client)


def test_an_account_that_has_left_the_domain_is_not_opened(client, acme) -> None:
    come(Client(), "ada@acme.test")
    User.objects.update(email="ada@home.test")

    refused = come(client, "ada@acme.test")

    assert refused.status_code == 403
    assert "has the address ada@home.test now" in refused.content.decode()
    assert not is_in(client)


def test_a_second_factor_is_asked_for_all_the_same(client, acme, organization) -> None:
    come(Client(), "ada@acme.test")
    ada = User.objects.get()
    secret = "JBSWY3DPEHPK3PXP"
    factories.AuthenticatorFactory.create(user=ada, data={"secret": get_adapter().encrypt(secret)})

    with time_machine.travel("2030-01-01", tick=False):
        asked = come(client, "ada@acme.test", next="/o/acme/")
        assert asked.url.startswith(reverse("mfa_authenticate"))
        assert not is_in(client)
        done = client.post(reverse("mfa_authenticate"), {"code": totp(secret)})

    assert is_in(client)
    assert done.url == "/o/acme/"
    assert log_of(organization)[-1] == (
        "login.succeeded",
        "ada@acme.test",
        {"how": "single sign-on and authenticator app"},
    )


def test_whoever_is_logged_in_as_somebody_else_is_that_no_more(client, acme, stranger) -> None:
    login(client, stranger)

    come(client, "ada@acme.test")

    assert client.session["_auth_user_id"] == str(User.objects.get(email="ada@acme.test").pk)


def test_an_invitation_is_gone_back_to(client, acme, organization) -> None:
    other = factories.InvitationFactory.create(email="ada@acme.test", token="secret")

    response = come(client, "ada@acme.test", next="/invitations/secret/")
    client.post(response.url)

    assert Membership.objects.filter(user__email="ada@acme.test", organization=other.organization).exists()


def test_a_way_back_is_never_outside(client, acme) -> None:
    assert come(client, "ada@acme.test", next="https://evil.test/").url == "/"


def test_the_login_page_says_where_an_address_leads(client, acme) -> None:
    assert "single sign-on</b> of Acme" in client.get(f"{START}hint/", {"login": "ada@acme.test"}).content.decode()
    for other in ("ada@elsewhere.test", "ada@sub.acme.test", "", "ada", "\0"):
        assert "Acme" not in client.get(f"{START}hint/", {"login": other}).content.decode()


@pytest.mark.parametrize("email", ["ada@elsewhere.test", "ada@sub.acme.test", "no address"])
def test_an_address_of_nobody_s_domain_leads_nowhere(client, acme, provider, email) -> None:
    response = client.post(START, {"login": email})

    assert response.status_code == 422
    assert provider.seen == []


def test_a_domain_that_is_only_claimed_leads_nowhere_and_lets_nobody_in(client, organization, provider) -> None:
    connect(organization, provider)
    factories.DomainClaimFactory.create(
        organization=organization, domain="acme.test", proved_at=None, proved_how=""
    )

    assert client.post(START, {"login": "ada@acme.test"}).status_code == 422


def test_beginning_is_limited(client, acme) -> None:
    answers = [client.post(START, {"login": "x"}).status_code for _ in range(61)]

    assert answers[-1] == 429
    assert set(answers[:60]) == {422}


def test_a_code_and_a_state_work_once_and_in_the_browser_that_began(client, acme, provider) -> None:
    back = from_provider(address_of(client, "ada@acme.test"))
    elsewhere = Client()

    assert elsewhere.get(back).status_code == 403
    assert not is_in(elsewhere)
    assert client.get(back).status_code == 302
    assert is_in(client)
    client.post("/accounts/logout/")
    assert client.get(back).status_code == 403
    assert not is_in(client)


def test_a_code_that_was_used_does_not_work_with_another_state(client, acme, provider) -> None:
    used = from_provider(address_of(client, "ada@acme.test"))
    client.get(used)
    visitor = Client()
    fresh = from_provider(address_of(visitor, "ada@acme.test"))
    code = parse_qs(urlsplit(used).query)["code"][0]
    state = parse_qs(urlsplit(fresh).query)["state"][0]

    refused = visitor.get(f"{urlsplit(fresh).path}?code={code}&state={state}")

    assert refused.status_code == 403
    assert not is_in(visitor)


def test_a_callback_of_nobody_s_is_not_there(client, acme) -> None:
    assert client.get("/accounts/sso/sso-0000/callback/?code=a&state=b").status_code == 404
