"""Logging in by e-mail address, and who may sign up."""

import pytest
from django.urls import reverse

from accounts.models import User
from tests import factories

LOGIN = "/accounts/login/"
SIGNUP = "/accounts/signup/"


@pytest.mark.parametrize("login", ["owner@acme.test", "Owner@ACME.test"])
def test_the_e_mail_address_and_the_password_open(client, owner, login) -> None:
    response = client.post(LOGIN, {"login": login, "password": factories.PASSWORD})

    assert response.status_code == 302
    assert response.url == reverse("home")
    assert client.session["_auth_user_id"] == str(owner.pk)


def test_a_login_leads_back_to_where_it_was_asked_for(client, owner) -> None:
    response = client.post(f"{LOGIN}?next=/o/acme/", {"login": owner.email, "password": factories.PASSWORD})

    assert response.url == "/o/acme/"


def test_a_login_leads_nowhere_outside(client, owner) -> None:
    sent = {"login": owner.email, "password": factories.PASSWORD, "next": "https://evil.test/"}

    assert client.post(LOGIN, sent).url == reverse("home")


@pytest.mark.parametrize("login", ["owner@acme.test", "nobody@acme.test"])
def test_a_wrong_password_and_an_unknown_address_say_the_same(client, owner, login) -> None:
    response = client.post(LOGIN, {"login": login, "password": "wrong password"})

    assert "_auth_user_id" not in client.session
    assert "e-mail address and password do not belong together" in response.content.decode()


def test_a_deactivated_person_does_not_get_in(client, owner) -> None:
    User.objects.filter(pk=owner.pk).update(is_active=False)

    client.post(LOGIN, {"login": owner.email, "password": factories.PASSWORD})

    assert "_auth_user_id" not in client.session


def test_strangers_do_not_sign_up_by_default(db: None, client) -> None:
    sent = {"email": "new@acme.test", "password1": "hung by a thread 1", "password2": "hung by a thread 1"}

    response = client.post(SIGNUP, sent)

    assert "closed" in response.content.decode()
    assert not User.objects.exists()


def test_strangers_sign_up_where_the_setting_allows(db: None, client, settings) -> None:
    settings.SIGNUP_OPEN = True
    sent = {"email": "New@acme.test", "password1": "hung by a thread 1", "password2": "hung by a thread 1"}

    response = client.post(SIGNUP, sent)

    assert response.status_code == 302
    assert User.objects.get().email.lower() == "new@acme.test"


def test_logging_out_takes_a_post(client, owner) -> None:
    client.force_login(owner)

    client.get("/accounts/logout/")
    assert "_auth_user_id" in client.session

    client.post("/accounts/logout/")
    assert "_auth_user_id" not in client.session
