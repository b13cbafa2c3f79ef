"""Invitations: sent, sent again, revoked, over, and accepted by the address that was invited, and by no other."""

import re
import smtplib
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core import mail
from django.db import IntegrityError, transaction

from accounts.access import Actor
from accounts.errors import Conflict, Forbidden, RateLimited
from accounts.models import Invitation, Membership, User
from accounts.permissions import Role
from accounts.services import invitations
from tests import factories

MEMBERS = "/o/acme/settings/members/"
INVITE = "/o/acme/settings/invitations/"
SIGNUP = "/accounts/signup/"
PASSWORD = "hung by a thread 1"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def sent(django_capture_on_commit_callbacks):
    """`sent(call, …)`: what it did, and the mails that went out on its commit."""

    def run(call, *args, **kwargs):
        before = len(mail.outbox)
        with django_capture_on_commit_callbacks(execute=True):
            result = call(*args, **kwargs)
        return result, mail.outbox[before:]

    return run


def link(message) -> str:
    """The path of the invitation in a mail: the same in its text and in its HTML."""
    text, html = message.body, message.alternatives[0].content
    found = re.findall(r"https?://[^/\s]+(/invitations/[\w-]+/)", text)
    assert len(found) == 1
    assert f'{found[0]}"' in html
    return str(found[0])


def invite(organization, by, email="new@acme.test", role=Role.ANALYST) -> Invitation:
    return invitations.invite(organization=organization, email=email, role=role, actor=Actor(user=by))


def test_an_invitation_is_a_mail_with_a_link_that_is_kept_as_a_hash(organization, owner, sent, clock) -> None:
    invitation, messages = sent(invite, organization, owner, " New@ACME.test ")

    token = link(messages[0]).split("/")[2]
    assert [message.to for message in messages] == [["new@acme.test"]]
    assert invitation.email == "new@acme.test"
    assert token not in str(Invitation.objects.filter(pk=invitation.pk).values().get())
    assert "as an analyst" in messages[0].body
    assert "8 March 2026 at 12:00 UTC" in messages[0].body
    assert owner.display_name in messages[0].subject


def test_who_is_a_member_or_invited_is_not_invited_again(organization, owner, teammate) -> None:
    invite(organization, owner)

    with pytest.raises(Conflict, match="is invited already"):
        invite(organization, owner, "NEW@acme.test")
    with pytest.raises(Conflict, match="is a member already"):
        invite(organization, owner, "Viewer@acme.test")
    assert Invitation.objects.count() == 1


def test_an_admin_invites_no_owner(organization, owner) -> None:
    admin = factories.MembershipFactory.create(organization=organization, role=Role.ADMIN).user
    theirs = invite(organization, owner, role=Role.OWNER)

    with pytest.raises(Forbidden):
        invite(organization, admin, "other@acme.test", Role.OWNER)
    with pytest.raises(Forbidden):
        invitations.revoke(invitation=theirs, actor=Actor(user=admin))
    with time_machine.travel(NOW + timedelta(days=900)), pytest.raises(Forbidden):
        invitations.resend(invitation=theirs, actor=Actor(user=admin))


def test_a_day_has_a_limit_that_revoking_does_not_lift(organization, owner, clock, monkeypatch) -> None:
    monkeypatch.setattr(invitations, "MOST_A_DAY", 2)
    first = invite(organization, owner, "one@acme.test")
    invite(organization, owner, "two@acme.test")
    invitations.revoke(invitation=first, actor=Actor(user=owner))

    with pytest.raises(RateLimited):
        invite(organization, owner, "three@acme.test")
    clock.move_to(NOW + timedelta(days=1))
    invite(organization, owner, "three@acme.test")


def test_sending_again_takes_a_minute_and_ends_the_old_link(organization, owner, client, sent, clock) -> None:
    invitation, (first,) = sent(invite, organization, owner)
    with pytest.raises(RateLimited):
        invitations.resend(invitation=invitation, actor=Actor(user=owner))

    clock.move_to(NOW + timedelta(days=8))
    assert client.get(link(first)).status_code == 410
    _, (second,) = sent(invitations.resend, invitation=invitation, actor=Actor(user=owner))

    assert client.get(link(first)).status_code == 404
    assert client.get(link(second)).status_code == 200


def test_a_mail_server_that_fails_leaves_the_invitation_to_be_sent_again(
    organization, owner, django_capture_on_commit_callbacks, monkeypatch, caplog
) -> None:
    def fail(*args, **kwargs):
        raise smtplib.SMTPServerDisconnected("gone")

    monkeypatch.setattr("django.core.mail.EmailMultiAlternatives.send", fail)
    with django_capture_on_commit_callbacks(execute=True):
        invite(organization, owner)

    assert Invitation.objects.open().count() == 1
    assert "gone" in caplog.text


def test_a_stranger_with_an_invitation_signs_up_where_sign_up_is_closed(
    organization, owner, client, sent, settings
) -> None:
    settings.SIGNUP_OPEN = False
    _, (message,) = sent(invite, organization, owner)
    page = client.get(link(message))
    assert f"{SIGNUP}?email=new%40acme.test" in page.content.decode()

    other = client.post(SIGNUP, {"email": "other@acme.test", "password1": PASSWORD})
    assert "the address that was invited" in other.content.decode()
    assert not User.objects.filter(email="other@acme.test").exists()

    made = client.post(SIGNUP, {"email": "New@acme.test", "password1": PASSWORD})
    assert (made.status_code, made.url) == (302, link(message))
    joined = client.post(link(message))

    assert (joined.status_code, joined.url) == (302, "/o/acme/")
    assert client.get("/o/acme/").status_code == 200
    assert Membership.objects.get(user__email="new@acme.test").role == Role.ANALYST
    # The link proved the address: no other mail was needed.
    assert mail.outbox == [message]
    assert client.get(link(message)).status_code == 404


@pytest.mark.parametrize("end", ["revoked", "expired"])
def test_an_invitation_that_has_ended_opens_no_sign_up(organization, owner, client, sent, clock, end) -> None:
    invitation, (message,) = sent(invite, organization, owner)
    client.get(link(message))
    if end == "revoked":
        invitations.revoke(invitation=invitation, actor=Actor(user=owner))
    else:
        clock.move_to(NOW + timedelta(days=7))

    response = client.post(SIGNUP, {"email": "new@acme.test", "password1": PASSWORD})

    assert "closed" in response.content.decode()
    assert not User.objects.filter(email="new@acme.test").exists()


def test_somebody_else_who_is_logged_in_is_told_whom_it_is_for(
    organization, owner, stranger, client, sent
) -> None:
    _, (message,) = sent(invite, organization, owner)
    client.force_login(stranger)

    page = client.get(link(message)).content.decode()
    refused = client.post(link(message))

    assert 'You are logged in as <b class="break">stranger@elsewhere.test</b>' in page
    assert "Join Acme</button>" not in page
    assert refused.status_code == 403
    assert not Membership.objects.filter(user=stranger, organization=organization).exists()


def test_an_address_that_is_not_confirmed_does_not_count(organization, owner, sent) -> None:
    invitation = invite(organization, owner)
    claimed = factories.UserFactory.create(email="new@acme.test", address__verified=False)

    with pytest.raises(Forbidden, match=r"is for new@acme\.test"):
        invitations.accept(invitation=invitation, actor=Actor(user=claimed))


def test_an_invitation_is_accepted_once_and_a_member_keeps_their_role(organization, owner) -> None:
    invitation = invite(organization, owner, role=Role.ADMIN)
    person = factories.UserFactory.create(email="new@acme.test")
    factories.MembershipFactory.create(user=person, organization=organization, role=Role.VIEWER)

    assert invitations.accept(invitation=invitation, actor=Actor(user=person)).role == Role.VIEWER
    with pytest.raises(Conflict):
        invitations.accept(invitation=invitation, actor=Actor(user=person))


def test_the_page_invites_sends_again_and_revokes(organization, owner, client, sent, clock) -> None:
    client.force_login(owner)
    done, _ = sent(client.post, INVITE, {"email": "new@acme.test", "role": "viewer"}, follow=True)
    assert "An invitation is on its way to new@acme.test." in done.content.decode()
    assert [row.email for row in done.context["invitations"]] == ["new@acme.test"]

    again = client.post(INVITE, {"email": "new@acme.test", "role": "viewer"})
    assert again.status_code == 422
    assert "email" in again.context["form"].errors

    invitation = Invitation.objects.get()
    assert client.post(f"{INVITE}{invitation.pk}/resend/").status_code == 429
    clock.move_to(NOW + timedelta(minutes=2))
    _, resent = sent(client.post, f"{INVITE}{invitation.pk}/resend/")
    assert len(resent) == 1
    client.post(f"{INVITE}{invitation.pk}/revoke/")
    assert client.get(MEMBERS).context["invitations"] == []
    assert client.post(f"{INVITE}{invitation.pk}/revoke/").status_code == 409


def test_invitations_of_others_are_not_there(organization, owner, client) -> None:
    foreign = factories.InvitationFactory.create()
    client.force_login(owner)

    assert client.post(f"{INVITE}{foreign.pk}/revoke/").status_code == 404
    assert client.post(f"{INVITE}{10**30}/revoke/").status_code == 404
    foreign.refresh_from_db()
    assert foreign.is_open


def test_the_database_itself_keeps_one_open_invitation_an_address(organization) -> None:
    factories.InvitationFactory.create(organization=organization, email="new@acme.test", revoked_at=NOW)
    factories.InvitationFactory.create(organization=organization, email="new@acme.test")

    with pytest.raises(IntegrityError, match="accounts_invitation_one_open"), transaction.atomic():
        factories.InvitationFactory.create(organization=organization, email="new@acme.test")
    with pytest.raises(IntegrityError, match="accounts_invitation_email_lower"), transaction.atomic():
        factories.InvitationFactory.create(organization=organization, email="Other@acme.test")
