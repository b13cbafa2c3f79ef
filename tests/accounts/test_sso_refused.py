"""What no provider gets past: false tokens, unconfirmed addresses, and the people of other organizations."""

import pytest
from allauth.socialaccount.models import SocialAccount
from django.test import Client

from accounts.models import AuditEntry, Membership, User
from accounts.permissions import Role
from tests import factories
from tests.accounts.sso import START, address_of, come, connect, from_provider, is_in, log_of


@pytest.fixture
def acme(organization, provider):
    return connect(organization, provider, "acme.test")


def expect_refused(client: Client, organization, response, why: str) -> None:
    assert response.status_code == 403
    assert why in response.content.decode()
    assert not is_in(client)
    assert not SocialAccount.objects.exists()
    action, _, after = log_of(organization)[-1]
    assert action == "login.refused"
    assert why.replace("&#x27;", "'") in str(after)


@pytest.mark.parametrize(
    ("lies", "why"),
    [
        ("issuer", "does not hold"),
        ("issuer of discovery", "calls itself otherwise"),
        ("audience", "does not hold"),
        ("party", "for somebody else"),
        ("expired", "is over"),
        ("nonce", "of another login"),
        ("nobody", "names nobody"),
        ("signature", "does not hold"),
        ("key", "a key that the provider does not show"),
        ("unsigned", "does not hold"),
        ("shared secret", "does not hold"),
        ("userinfo of another", "two different people"),
        ("no token", "no id_token"),
        ("rubbish", "did not let you in"),
        ("no type", "otherwise than an OpenID provider"),
        ("denied", "was cancelled"),
    ],
)
def test_a_provider_that_lies_lets_nobody_in(client, acme, organization, provider, lies, why) -> None:
    back = address_of(client, "ada@acme.test")
    provider.lies = lies

    expect_refused(client, organization, client.get(from_provider(back)), why)
    assert not User.objects.exists()


@pytest.mark.parametrize("verified", [False, None, "false", 0, "yes"])
def test_an_address_that_the_provider_has_not_confirmed(client, acme, organization, provider, verified) -> None:
    provider.person["email_verified"] = verified

    expect_refused(client, organization, come(client, "ada@acme.test"), "ada@acme.test is confirmed")


def test_a_provider_that_says_no_address(client, acme, organization, provider) -> None:
    del provider.person["email"]

    expect_refused(client, organization, come(client, "ada@acme.test"), "does not say your e-mail address")


@pytest.mark.parametrize(
    "email", ["ada@elsewhere.test", "ada@sub.acme.test", "ada@acme.test.evil.test", "ada@evil.test@acme.test.x"]
)
def test_an_address_of_another_domain(client, acme, organization, provider, email) -> None:
    provider.person["email"] = email

    expect_refused(client, organization, come(client, "ada@acme.test"), "has proved to be its own")
    assert not User.objects.exists()


def test_a_provider_that_is_gone(client, acme, organization, provider) -> None:
    back = from_provider(address_of(client, "ada@acme.test"))
    provider.__exit__()

    expect_refused(client, organization, client.get(back), "does not answer")
    expect_refused(client, organization, client.post(START, {"login": "ada@acme.test"}), "does not answer")


def test_staff_of_the_installation_come_in_by_no_organization_s_word(client, acme, organization, provider) -> None:
    staff = factories.UserFactory.create(email="ada@acme.test", is_staff=True)

    expect_refused(client, organization, come(client, "ada@acme.test"), "Staff of the installation")
    assert not Membership.objects.filter(user=staff).exists()


def test_whoever_was_deactivated_stays_so(client, acme, organization) -> None:
    factories.UserFactory.create(email="ada@acme.test", is_active=False)

    expect_refused(client, organization, come(client, "ada@acme.test"), "is deactivated")
    assert not Membership.objects.exists()


# Two organizations, one provider.


@pytest.fixture
def umbrella(provider):
    """Another organization with the very same issuer, and even the same client."""
    made = factories.OrganizationFactory.create(name="Umbrella", slug="umbrella")
    return connect(made, provider, "umbrella.test", client_id="client-of-acme")


def test_the_same_subject_at_the_same_issuer_is_two_people_in_two_organizations(acme, umbrella, provider) -> None:
    mine, theirs = Client(), Client()
    come(mine, "ada@acme.test")
    provider.person["email"] = "ada@umbrella.test"
    come(theirs, "ada@umbrella.test")

    assert mine.session["_auth_user_id"] != theirs.session["_auth_user_id"]
    assert set(Membership.objects.values_list("user__email", "organization__slug")) == {
        ("ada@acme.test", "acme"),
        ("ada@umbrella.test", "umbrella"),
    }


def test_one_organization_s_provider_opens_no_account_of_another_s_domain(
    client, acme, umbrella, provider, owner, organization
) -> None:
    victim = factories.MembershipFactory.create(
        organization=umbrella.organization, role=Role.OWNER, user__email="eve@umbrella.test"
    ).user
    provider.person["email"] = victim.email

    expect_refused(client, organization, come(client, "ada@acme.test"), "has proved to be its own")
    assert not AuditEntry.objects.filter(organization=umbrella.organization).exists()


def test_a_login_that_began_at_one_organization_does_not_end_at_another(client, acme, umbrella) -> None:
    back = from_provider(address_of(client, "ada@acme.test"))

    crossed = client.get(back.replace(acme.provider_id, umbrella.provider_id))

    assert crossed.status_code == 403
    assert not is_in(client)
    assert not User.objects.exists()


def test_people_without_an_address_of_a_domain_are_not_opened_even_if_members(
    client, acme, organization, provider
) -> None:
    guest = factories.MembershipFactory.create(organization=organization, user__email="guest@home.test").user
    provider.person["email"] = guest.email

    expect_refused(client, organization, come(client, "ada@acme.test"), "has proved to be its own")


def test_a_new_issuer_inherits_nobody_from_the_old_one(client, acme, organization, provider) -> None:
    come(Client(), "ada@acme.test")
    old = SocialAccount.objects.get()
    SocialAccount.objects.update(uid="f" * 64)

    refused = come(client, "ada@acme.test")

    assert refused.status_code == 403
    assert SocialAccount.objects.get().pk == old.pk
