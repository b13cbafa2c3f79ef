"""Members and invitations by API, with a key that may."""

import pytest
from django.core import mail

from accounts import keys
from accounts.models import Invitation, Membership
from accounts.permissions import Role, Scope
from tests import factories

MEMBERS = "/api/v1/organizations/acme/members/"
INVITATIONS = "/api/v1/organizations/acme/invitations/"
JSON = "application/json"


@pytest.fixture
def headers(organization):
    text = keys.generate(keys.SECRET_PREFIX)
    factories.SecretKeyFactory.create(organization=organization, text=text, scopes=[Scope.MEMBERS])
    return {"Authorization": f"Bearer {text}"}


def test_members_are_listed_changed_and_removed(client, organization, owner, teammate, stranger, headers) -> None:
    found = client.get(MEMBERS, headers=headers).json()
    assert [(row["email"], row["role"]) for row in found["results"]] == [
        ("viewer@acme.test", "viewer"),
        ("owner@acme.test", "owner"),
    ]

    address = f"{MEMBERS}{found['results'][0]['id']}/"
    assert client.get(address, headers=headers).json() == found["results"][0]
    changed = client.patch(address, {"role": "admin"}, JSON, headers=headers)
    assert (changed.status_code, changed.json()["role"]) == (200, "admin")
    assert client.delete(address, headers=headers).status_code == 204
    assert not Membership.objects.filter(user=teammate).exists()
    assert client.get(address, headers=headers).status_code == 404


def test_owners_are_not_a_key_s_business(client, organization, owner, teammate, headers) -> None:
    factories.MembershipFactory.create(organization=organization, role=Role.OWNER)
    own, other = (Membership.objects.get(user=user).pk for user in (owner, teammate))

    tried = [
        client.patch(f"{MEMBERS}{own}/", {"role": "viewer"}, JSON, headers=headers),
        client.delete(f"{MEMBERS}{own}/", headers=headers),
        client.patch(f"{MEMBERS}{other}/", {"role": "owner"}, JSON, headers=headers),
        client.post(INVITATIONS, {"email": "new@acme.test", "role": "owner"}, JSON, headers=headers),
    ]

    assert [response.status_code for response in tried] == [403] * 4
    assert {response.json()["error"]["code"] for response in tried} == {"forbidden"}


def test_an_invitation_is_made_seen_and_revoked(
    client, organization, owner, headers, django_capture_on_commit_callbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        made = client.post(INVITATIONS, {"email": "new@acme.test", "role": "analyst"}, JSON, headers=headers)
    body = made.json()
    address = f"{INVITATIONS}{body['id']}/"

    assert made.status_code == 201
    assert (body["state"], body["invited_by"], body["role"]) == ("open", None, "analyst")
    assert [message.to for message in mail.outbox] == [["new@acme.test"]]
    # The link is in the mail alone.
    assert Invitation.objects.get().hash not in made.content.decode()
    assert "token" not in body
    assert client.get(INVITATIONS, headers=headers).json()["results"] == [body]
    again = client.post(INVITATIONS, {"email": "new@acme.test", "role": "viewer"}, JSON, headers=headers)
    assert (again.status_code, again.json()["error"]["fields"][0]["field"]) == (409, "email")
    early = client.post(f"{address}resend/", headers=headers)
    assert early.status_code == 429
    assert 0 < int(early.headers["Retry-After"]) <= 60
    assert client.delete(address, headers=headers).status_code == 204
    assert client.get(address, headers=headers).json()["state"] == "revoked"
    assert client.delete(address, headers=headers).status_code == 409


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"role": "viewer"}, "email"),
        ({"email": "nobody", "role": "viewer"}, "email"),
        ({"email": "a@b.test"}, "role"),
    ],
)
def test_what_is_wrong_is_named(client, organization, headers, sent, field) -> None:
    response = client.post(INVITATIONS, sent, JSON, headers=headers)

    assert response.status_code == 400
    assert [item["field"] for item in response.json()["error"]["fields"]] == [field]
