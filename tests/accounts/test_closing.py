"""Deleting an organization: its name typed, its owners told, and days in which it is taken back."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core import mail

from accounts.access import Actor
from accounts.errors import Conflict, Forbidden
from accounts.models import Membership
from accounts.permissions import Role
from accounts.services import closing
from tests import factories

GENERAL = "/o/acme/settings/"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_deleting_takes_the_name_and_tells_every_owner(
    organization, owner, teammate, client, django_capture_on_commit_callbacks
) -> None:
    factories.MembershipFactory.create(organization=organization, role=Role.OWNER, user__email="other@acme.test")
    client.force_login(owner)
    wrong = client.post(f"{GENERAL}delete/", {"name": "acme"})
    assert wrong.status_code == 422
    assert "nothing was deleted" in wrong.content.decode()

    with time_machine.travel(NOW, tick=False), django_capture_on_commit_callbacks(execute=True):
        client.force_login(owner)
        client.post(f"{GENERAL}delete/", {"name": "Acme"})

    organization.refresh_from_db()
    assert organization.deletes_at == NOW + timedelta(days=14)
    assert organization.deletion_requested_by == owner
    assert sorted(message.to[0] for message in mail.outbox) == ["other@acme.test", "owner@acme.test"]
    assert all("15 March 2026 at 12:00 UTC" in message.body for message in mail.outbox)


def test_while_it_waits_everything_works_and_every_page_says_so(organization, owner, teammate, client) -> None:
    closing.request(organization=organization, actor=Actor(user=owner))
    client.force_login(teammate)

    page = client.get("/o/acme/")

    assert page.status_code == 200
    assert "Acme is deleted for good on" in page.content.decode()


def test_any_owner_takes_it_back_and_nobody_else(
    organization, owner, teammate, client, django_capture_on_commit_callbacks
) -> None:
    second = factories.MembershipFactory.create(organization=organization, role=Role.OWNER).user
    admin = factories.MembershipFactory.create(organization=organization, role=Role.ADMIN).user
    closing.request(organization=organization, actor=Actor(user=owner))

    for other in (teammate, admin):
        with pytest.raises(Forbidden):
            closing.restore(organization=organization, actor=Actor(user=other))
    client.force_login(second)
    with django_capture_on_commit_callbacks(execute=True):
        done = client.post(f"{GENERAL}restore/", follow=True)

    organization.refresh_from_db()
    assert organization.deletes_at is None
    assert "Nothing was lost" in done.content.decode()
    assert len(mail.outbox) == 2


def test_twice_is_a_conflict_and_does_not_put_it_off(organization, owner) -> None:
    first = closing.request(organization=organization, actor=Actor(user=owner), now=NOW).deletes_at

    with pytest.raises(Conflict):
        closing.request(organization=organization, actor=Actor(user=owner))
    organization.refresh_from_db()
    assert organization.deletes_at == first
    closing.restore(organization=organization, actor=Actor(user=owner))
    with pytest.raises(Conflict):
        closing.restore(organization=organization, actor=Actor(user=owner))


def test_leaving_and_handing_over_by_the_page(organization, owner, teammate, client) -> None:
    client.force_login(owner)
    refused = client.post(f"{GENERAL}leave/")
    assert refused.status_code == 409
    assert "Make somebody else an owner first" in refused.content.decode()

    heir = Membership.objects.get(user=teammate)
    handed = client.post(f"{GENERAL}hand-over/", {"member": heir.user.email}, follow=True)
    assert "viewer@acme.test owns Acme now; you are an admin." in handed.content.decode()
    assert client.post(f"{GENERAL}hand-over/", {"member": heir.user.email}).status_code == 403

    left = client.post(f"{GENERAL}leave/", follow=True)
    assert "You have left Acme." in left.content.decode()
    assert client.get("/o/acme/").status_code == 404


def test_a_stranger_is_not_offered_as_an_owner(organization, owner, stranger, client) -> None:
    client.force_login(owner)

    response = client.post(f"{GENERAL}hand-over/", {"member": stranger.email})

    assert response.status_code == 422
    assert Membership.objects.get(user=owner).role == Role.OWNER
