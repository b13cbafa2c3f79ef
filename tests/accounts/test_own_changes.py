"""What people do to their own accounts is in the log of each of their organizations, and of no other."""

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts.audited import Action
from accounts.models import AuditEntry, Organization
from tests import factories
from tests.accounts.test_account import CONFIRM, PASSWORD, code_of, found, login, totp

Said = tuple[str, str, str, object, object]


@pytest.fixture
def second(owner):
    """Another organization of the owner's."""
    return factories.MembershipFactory.create(user=owner).organization


@pytest.fixture
def own(client, owner, second, stranger):
    """A client of the owner, who has just proved it again; the log begins after that."""
    login(client, owner)
    client.post(reverse("account_reauthenticate"), {"password": factories.PASSWORD})
    return client


def log(organization: Organization, *but: str) -> list[Said]:
    """Action, kind of actor, target, before and after, of what is not the fixture's own login."""
    entries = AuditEntry.objects.filter(organization=organization).exclude(action__in=but).order_by("id")
    return [(row.action, row.actor_kind, row.target_name, row.before, row.after) for row in entries]


def expect(organization: Organization, second: Organization, *said: Said) -> None:
    """The same in both, and in no other organization's."""
    assert log(organization, Action.LOGIN_SUCCEEDED) == list(said)
    assert log(second, Action.LOGIN_SUCCEEDED) == list(said)
    assert not AuditEntry.objects.exclude(organization__in=(organization, second)).exists()


def test_a_password_that_is_changed(own, owner, organization, second) -> None:
    sent = {"oldpassword": factories.PASSWORD, "password1": PASSWORD, "password2": PASSWORD}
    own.post("/accounts/password/change/", sent)

    expect(organization, second, (Action.PASSWORD_CHANGED, "person", owner.email, None, None))


def test_a_password_that_is_set_for_the_first_time(client, owner, organization, second) -> None:
    owner.set_unusable_password()
    owner.save()
    client.force_login(owner)
    client.post("/accounts/password/set/", {"password1": PASSWORD, "password2": PASSWORD})

    expect(organization, second, (Action.PASSWORD_SET, "person", owner.email, None, None))


def test_a_password_that_is_reset_by_who_is_not_logged_in(client, owner, organization, second) -> None:
    client.post("/accounts/password/reset/", {"email": owner.email})
    form = client.get(found(r"https?://[^/]+(/accounts/password/reset/key/\S+)", mail.outbox[0]), follow=True)
    client.post(form.redirect_chain[-1][0], {"password1": PASSWORD, "password2": PASSWORD})

    expect(organization, second, (Action.PASSWORD_RESET, "anonymous", owner.email, None, None))


def test_an_address_that_is_changed(own, organization, second) -> None:
    own.post("/accounts/email/", {"email": "ada@acme.test", "action_add": ""})
    assert log(organization, Action.LOGIN_SUCCEEDED) == []
    own.post(CONFIRM, {"code": code_of(mail.outbox[-1])})

    before, after = {"email": "owner@acme.test"}, {"email": "ada@acme.test"}
    expect(organization, second, (Action.ADDRESS_CHANGED, "person", "ada@acme.test", before, after))


def test_second_factors_and_codes_that_come_and_go(
    own, owner, organization, second, django_capture_on_commit_callbacks
) -> None:
    form = own.get("/accounts/2fa/totp/activate/").context["form"]
    with django_capture_on_commit_callbacks(execute=True):
        own.post("/accounts/2fa/totp/activate/", {"code": totp(form.secret)})
    with django_capture_on_commit_callbacks(execute=True):
        own.post(reverse("mfa_generate_recovery_codes"))
    with django_capture_on_commit_callbacks(execute=True):
        own.post(reverse("mfa_deactivate_totp"))

    name, app = owner.email, {"factor": "authenticator app"}
    # The codes go with the last factor that they stand in for.
    expect(
        organization,
        second,
        (Action.FACTOR_ADDED, "person", name, None, app),
        (Action.RECOVERY_CODES_MADE, "person", name, None, None),
        (Action.RECOVERY_CODES_MADE, "person", name, None, None),
        (Action.FACTOR_REMOVED, "person", name, app, None),
        (Action.FACTOR_REMOVED, "person", name, {"factor": "recovery code"}, None),
    )


def test_sessions_that_are_ended(own, owner, organization, second) -> None:
    login(Client(), owner)
    own.post("/accounts/sessions/")
    own.post("/accounts/sessions/")

    # The second time there was none to end.
    expect(organization, second, (Action.SESSIONS_ENDED, "person", owner.email, None, {"sessions": "1"}))


def test_a_login_says_how(owner, organization, django_capture_on_commit_callbacks) -> None:
    with time_machine.travel("2026-03-01 12:00", tick=False) as clock:
        visitor = Client()
        login(visitor, owner)
        visitor.post(reverse("account_reauthenticate"), {"password": factories.PASSWORD})
        form = visitor.get("/accounts/2fa/totp/activate/").context["form"]
        with django_capture_on_commit_callbacks(execute=True):
            done = visitor.post("/accounts/2fa/totp/activate/", {"code": totp(form.secret)}, follow=True)
        clock.shift(120)
        for code in (totp(form.secret), done.context["unused_codes"][0]):
            reader = Client()
            login(reader, owner)
            reader.post(reverse("mfa_authenticate"), {"code": code})

    logins = AuditEntry.objects.filter(organization=organization, action=Action.LOGIN_SUCCEEDED)
    assert list(logins.order_by("pk").values_list("after", flat=True)) == [
        {"how": "password"},
        {"how": "password and authenticator app"},
        {"how": "password and recovery code"},
    ]


def test_staff_who_remove_a_factor_are_named(client, owner, organization, second) -> None:
    factor = factories.AuthenticatorFactory.create(user=owner)
    staff = factories.UserFactory.create(is_staff=True, is_superuser=True)
    client.force_login(staff)

    client.post(f"/admin/mfa/authenticator/{factor.pk}/delete/", {"post": "yes"})

    assert not Authenticator.objects.exists()
    expect(
        organization,
        second,
        (Action.FACTOR_REMOVED, "staff", owner.email, {"factor": "authenticator app"}, None),
    )
