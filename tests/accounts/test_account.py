"""An account from sign-up to its second factor, by HTTP: confirmed addresses, slow guessing, sessions, TOTP."""

import re

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.usersessions.models import UserSession
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts import middleware
from accounts.models import User
from tests import factories

SIGNUP, LOGIN, CONFIRM = "/accounts/signup/", "/accounts/login/", "/accounts/confirm-email/"
PASSWORD = "hung by a thread 1"
EMAIL = "new@acme.test"


@pytest.fixture
def _open(settings) -> None:
    settings.SIGNUP_OPEN = True


@pytest.fixture
def clock():
    """Stands still at noon; ask for it before whoever logs in."""
    with time_machine.travel("2026-03-01 12:00", tick=False) as traveller:
        yield traveller


@pytest.fixture
def own(client, owner):
    """A client of the owner, who has just proved it again."""
    login(client, owner)
    client.post(reverse("account_reauthenticate"), {"password": factories.PASSWORD})
    return client


def login(client, user, password=factories.PASSWORD, **sent):
    return client.post(LOGIN, {"login": user.email, "password": password, **sent})


def is_in(client) -> bool:
    return "_auth_user_id" in client.session


def found(pattern: str, message) -> str:
    """The one group of the pattern, in the text of a mail."""
    match = re.search(pattern, str(message.body), re.MULTILINE)
    assert match is not None
    return match.group(1)


def code_of(message) -> str:
    return found(r"^\s+([A-Z]{4}-[A-Z]{4})$", message)


def totp(secret: str) -> str:
    return str(format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time()))))


@pytest.mark.usefixtures("_open")
def test_sign_up_confirms_the_address_before_it_lets_in(db: None, client) -> None:
    asked = client.post(SIGNUP, {"email": EMAIL, "password1": PASSWORD})
    assert asked.url == CONFIRM
    assert not is_in(client)
    assert client.get("/organizations/new/").url.startswith(LOGIN)

    wrong = client.post(CONFIRM, {"code": "BBBB-BBBB"})
    assert "This is not the code" in wrong.content.decode()
    assert not is_in(client)

    done = client.post(CONFIRM, {"code": code_of(mail.outbox[0]).lower()}, follow=True)
    assert done.redirect_chain[-1][0] == reverse("organization_new")
    assert EmailAddress.objects.get().verified


@pytest.mark.usefixtures("_open")
def test_a_mail_server_that_fails_is_told_of_where_somebody_waits(db: None, client, monkeypatch) -> None:
    def fail(*args, **kwargs):
        raise OSError("no route")

    monkeypatch.setattr("django.core.mail.EmailMultiAlternatives.send", fail)

    response = client.post(SIGNUP, {"email": EMAIL, "password1": PASSWORD})

    assert response.status_code == 503
    assert "mail server" in response.content.decode()


def test_a_notice_that_cannot_be_sent_stops_nothing(own, owner, monkeypatch) -> None:
    def fail(*args, **kwargs):
        raise OSError("no route")

    monkeypatch.setattr("django.core.mail.EmailMultiAlternatives.send", fail)
    sent = {"oldpassword": factories.PASSWORD, "password1": PASSWORD, "password2": PASSWORD}

    assert own.post("/accounts/password/change/", sent).status_code == 302
    owner.refresh_from_db()
    assert owner.check_password(PASSWORD)


@pytest.mark.usefixtures("_open")
@pytest.mark.parametrize("email", ["", "nobody", "a@"])
def test_another_address_that_is_none_is_told_of(db: None, client, email) -> None:
    client.post(SIGNUP, {"email": EMAIL, "password1": PASSWORD})

    response = client.post(CONFIRM, {"action": "change", "email": email})

    assert response.status_code == 422
    assert list(response.context["change_form"].errors) == ["email"]
    assert len(mail.outbox) == 1


@pytest.mark.usefixtures("_open")
def test_three_wrong_codes_end_it(db: None, client) -> None:
    client.post(SIGNUP, {"email": EMAIL, "password1": PASSWORD})
    for _ in range(3):
        client.post(CONFIRM, {"code": "BBBB-BBBB"})

    client.post(CONFIRM, {"code": code_of(mail.outbox[0])})

    assert not is_in(client)
    assert not EmailAddress.objects.get().verified


@pytest.mark.usefixtures("_open")
def test_a_login_before_the_address_is_confirmed_asks_for_it_again(db: None, client) -> None:
    client.post(SIGNUP, {"email": EMAIL, "password1": PASSWORD})
    elsewhere = Client()

    with time_machine.travel("2030-01-01"):
        response = login(elsewhere, User.objects.get(), PASSWORD)

    assert response.url == CONFIRM
    assert not is_in(elsewhere)
    assert code_of(mail.outbox[0]) != code_of(mail.outbox[1])


@pytest.mark.usefixtures("_open")
def test_whether_an_address_has_an_account_does_not_show(client, owner) -> None:
    known = client.post(SIGNUP, {"email": owner.email, "password1": PASSWORD})
    unknown = Client().post(SIGNUP, {"email": EMAIL, "password1": PASSWORD})

    assert (known.status_code, known.headers["Location"]) == (unknown.status_code, unknown.headers["Location"])
    assert mail.outbox[0].subject == "You have an account already"


def test_who_has_no_account_gets_no_mail_and_the_page_says_the_same(client, owner) -> None:
    pages = [
        sender.post("/accounts/password/reset/", {"email": email}, follow=True).content.decode().split("<main")[1]
        for sender, email in ((client, owner.email), (Client(), "nobody@acme.test"))
    ]

    assert pages[0] == pages[1]
    assert [message.to for message in mail.outbox] == [[owner.email]]


def test_a_password_is_reset_by_a_link_once_and_sessions_end(
    client, owner, django_capture_on_commit_callbacks
) -> None:
    elsewhere = Client()
    login(elsewhere, owner)
    client.post("/accounts/password/reset/", {"email": owner.email})
    address = found(r"https?://[^/]+(/accounts/password/reset/key/\S+)", mail.outbox[0])

    form = client.get(address, follow=True)
    chosen = {"password1": PASSWORD, "password2": PASSWORD}
    with django_capture_on_commit_callbacks(execute=True):
        done = client.post(form.redirect_chain[-1][0], chosen, follow=True)

    assert "Your password is changed" in done.content.decode()
    assert elsewhere.get("/o/acme/").status_code == 302
    assert mail.outbox[1].subject == "Your password was reset"
    assert "does not work any more" in Client().get(address, follow=True).content.decode()
    login(client, owner, PASSWORD)
    assert is_in(client)


def test_guessing_at_one_account_is_slowed_from_anywhere(client, owner) -> None:
    for number in range(5):
        client.post(LOGIN, {"login": owner.email, "password": "wrong"}, REMOTE_ADDR=f"192.0.2.{number}")

    refused = client.post(LOGIN, {"login": owner.email, "password": factories.PASSWORD}, REMOTE_ADDR="192.0.2.99")
    other = factories.UserFactory.create()
    client.post(LOGIN, {"login": other.email, "password": factories.PASSWORD}, REMOTE_ADDR="192.0.2.99")

    assert "Too many failed login attempts" in refused.content.decode()
    assert is_in(client)


def test_guessing_from_one_address_is_slowed_at_any_account(client, owner) -> None:
    for number in range(10):
        client.post(LOGIN, {"login": f"nobody{number}@acme.test", "password": "wrong"})

    refused = login(client, owner)

    assert "Too many failed login attempts" in refused.content.decode()
    assert not is_in(client)
    login(client, owner, REMOTE_ADDR="192.0.2.1")


def test_too_many_requests_get_a_page_that_says_so(client, db: None) -> None:
    answers = [client.post("/accounts/password/reset/", {"email": "a@acme.test"}) for _ in range(6)]

    assert [response.status_code for response in answers] == [302] * 5 + [429]
    assert "Too many tries" in answers[-1].content.decode()


def test_changing_the_address_takes_the_new_one_s_code_and_tells_the_old_one(
    own, owner, django_capture_on_commit_callbacks
) -> None:
    asked = own.post("/accounts/email/", {"email": "Ada@acme.test", "action_add": ""})
    assert asked.url == CONFIRM
    owner.refresh_from_db()
    assert owner.email == "owner@acme.test"

    code = code_of(mail.outbox[-1])
    assert mail.outbox[-1].to == ["ada@acme.test"]
    with django_capture_on_commit_callbacks(execute=True):
        own.post(CONFIRM, {"code": code})

    owner.refresh_from_db()
    assert owner.email == "ada@acme.test"
    assert [(row.email, row.verified) for row in EmailAddress.objects.filter(user=owner)] == [
        ("ada@acme.test", True)
    ]
    assert (mail.outbox[-1].to, mail.outbox[-1].subject) == (
        ["owner@acme.test"],
        "Your e-mail address was changed",
    )


def test_changing_the_address_takes_the_password_again(client, owner) -> None:
    client.force_login(owner)

    response = client.post("/accounts/email/", {"email": "ada@acme.test", "action_add": ""})

    assert response.url.startswith(reverse("account_reauthenticate"))
    assert EmailAddress.objects.filter(user=owner).count() == 1


def test_sessions_are_listed_and_others_ended(client, owner) -> None:
    elsewhere = Client(HTTP_USER_AGENT="Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
    login(client, owner)
    login(elsewhere, owner)
    page = client.get("/accounts/sessions/").content.decode()
    assert "Firefox on Linux" in page
    assert page.count("this one") == 1

    client.post("/accounts/sessions/")

    assert elsewhere.get("/o/acme/").status_code == 302
    assert client.get("/o/acme/").status_code == 200
    assert UserSession.objects.filter(user=owner).count() == 1


def test_where_a_session_was_last_seen_is_noted_now_and_then(clock, client, owner, monkeypatch) -> None:
    monkeypatch.setattr(middleware, "SEEN_RESOLUTION", 300)
    client.force_login(owner)
    client.get("/o/acme/")
    clock.shift(200)
    client.get("/o/acme/", REMOTE_ADDR="192.0.2.1")
    first = UserSession.objects.get(user=owner)
    clock.shift(101)
    client.get("/o/acme/", REMOTE_ADDR="192.0.2.2")
    second = UserSession.objects.get(user=owner)

    assert first.ip == "127.0.0.1"
    assert second.ip == "192.0.2.2"
    assert (second.last_seen_at - first.last_seen_at).total_seconds() == 301


def test_an_authenticator_app_is_asked_at_the_next_login_and_its_key_is_encrypted(
    clock, own, owner, django_capture_on_commit_callbacks
) -> None:
    form = own.get("/accounts/2fa/totp/activate/").context["form"]
    with django_capture_on_commit_callbacks(execute=True):
        done = own.post("/accounts/2fa/totp/activate/", {"code": totp(form.secret)}, follow=True)
    codes = done.context["unused_codes"]
    assert len(codes) == 10
    assert done.redirect_chain[-1][0] == reverse("mfa_view_recovery_codes")
    stored = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert not any(text in stored for text in (form.secret, *codes))
    assert [message.subject for message in mail.outbox] == ["An authenticator app protects your account"]

    visitor = Client()
    assert login(visitor, owner).url == reverse("mfa_authenticate")
    assert not is_in(visitor)
    assert (
        "This code does not hold" in visitor.post(reverse("mfa_authenticate"), {"code": "000000"}).content.decode()
    )
    clock.shift(120)
    visitor.post(reverse("mfa_authenticate"), {"code": totp(form.secret)})
    assert is_in(visitor)
    reader = Client()
    login(reader, owner)
    reader.post(reverse("mfa_authenticate"), {"code": totp(form.secret)})
    assert not is_in(reader)

    lost = Client()
    login(lost, owner)
    lost.post(reverse("mfa_authenticate"), {"code": codes[0]})
    assert is_in(lost)
    again = Client()
    login(again, owner)
    again.post(reverse("mfa_authenticate"), {"code": codes[0]})
    assert not is_in(again)


def test_guessing_codes_is_slowed(own, owner) -> None:
    form = own.get("/accounts/2fa/totp/activate/").context["form"]
    own.post("/accounts/2fa/totp/activate/", {"code": totp(form.secret)})
    visitor = Client()
    login(visitor, owner)
    for _ in range(5):
        visitor.post(reverse("mfa_authenticate"), {"code": "000000"})

    refused = visitor.post(reverse("mfa_authenticate"), {"code": totp(form.secret)})

    assert "Too many failed login attempts" in refused.content.decode()
    assert not is_in(visitor)


def test_the_staff_admin_takes_the_second_factor_as_well(own, owner) -> None:
    User.objects.filter(pk=owner.pk).update(is_staff=True, is_superuser=True)
    form = own.get("/accounts/2fa/totp/activate/").context["form"]
    own.post("/accounts/2fa/totp/activate/", {"code": totp(form.secret)})
    visitor = Client()

    asked = visitor.post(f"{LOGIN}?next=/admin/", {"login": owner.email, "password": factories.PASSWORD})

    assert asked.headers["Location"].startswith(reverse("mfa_authenticate"))
    assert visitor.get("/admin/").status_code == 302


@pytest.mark.parametrize("name", ["mfa_activate_totp", "mfa_add_webauthn", "mfa_generate_recovery_codes"])
def test_second_factors_take_the_password_again(client, owner, name) -> None:
    client.force_login(owner)

    assert client.get(reverse(name)).url.startswith(reverse("account_reauthenticate"))


def test_a_superuser_of_the_command_needs_no_mail(db: None, client) -> None:
    user = User.objects.create_superuser("root@acme.test", factories.PASSWORD)

    login(client, user)

    assert is_in(client)
    assert mail.outbox == []
