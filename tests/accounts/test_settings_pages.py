"""The organization's settings: secret keys and members."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts import keys as key_texts
from accounts.billing.queries import notable
from accounts.models import SecretKey
from accounts.permissions import Scope
from analytics.queries import quota
from tests import factories

KEYS = "/o/acme/settings/keys/"
MEMBERS = "/o/acme/settings/members/"


@pytest.fixture
def desk(client, owner):
    client.force_login(owner)
    return client


def test_a_new_key_is_shown_once_and_works(desk, owner) -> None:
    response = desk.post(KEYS, {"name": "Nightly report", "scopes": ["query", "ingest"]})

    key = SecretKey.objects.get()
    text = response.context["text"]
    assert response.status_code == 201
    assert "no-store" in response.headers["Cache-Control"]
    assert text in response.content.decode()
    assert key.hash == key_texts.digest(text)
    assert (key.name, key.scopes, key.created_by) == ("Nightly report", ["ingest", "query"], owner)
    assert text not in desk.get(KEYS).content.decode()
    assert key.hint in desk.get(KEYS).content.decode()


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"name": "", "scopes": ["query"]}, "name"),
        ({"name": "x" * 201, "scopes": ["query"]}, "name"),
        ({"name": "Nightly"}, "scopes"),
        ({"name": "Nightly", "scopes": ["everything"]}, "scopes"),
        ({}, "name"),
    ],
)
def test_a_key_that_cannot_be_made_says_why(desk, sent, field) -> None:
    response = desk.post(KEYS, {**sent, "button": "create"})

    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert not SecretKey.objects.exists()


def test_revoking_asks_first_and_then_ends_the_key(desk, organization) -> None:
    text = "pls_" + "a" * 32
    key = factories.SecretKeyFactory.create(organization=organization, text=text)
    address = reverse("secret_key_revoke", args=["acme", key.pk])

    asked = desk.get(address)
    key.refresh_from_db()
    assert asked.status_code == 200
    assert key.is_active

    done = desk.post(address, follow=True)
    key.refresh_from_db()
    assert done.redirect_chain == [(KEYS, 302)]
    assert f"The key {key.name} is revoked." in done.content.decode()
    assert not key.is_active


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_key_of_another_organization_is_not_there(desk, method) -> None:
    foreign = factories.SecretKeyFactory.create()

    response = getattr(desk, method)(reverse("secret_key_revoke", args=["acme", foreign.pk]))

    foreign.refresh_from_db()
    assert response.status_code == 404
    assert foreign.is_active


def test_active_keys_stand_before_revoked_ones_and_no_text_or_hash_is_shown(desk, organization) -> None:
    revoked = factories.SecretKeyFactory.create(
        organization=organization, name="Old", revoked_at="2026-01-01T00:00:00Z", text="pls_" + "b" * 32
    )
    active = factories.SecretKeyFactory.create(organization=organization, name="New", text="pls_" + "c" * 32)
    factories.SecretKeyFactory.create(name="Of somebody else")

    response = desk.get(KEYS)

    page = response.content.decode()
    assert [row.name for row in response.context["keys"]] == ["New", "Old"]
    assert Scope.QUERY.label in page
    assert "Of somebody else" not in page
    assert not any(text in page for text in (revoked.hash, active.hash, "b" * 10, "c" * 10))


@pytest.mark.parametrize("address", [KEYS, MEMBERS])
def test_a_page_costs_the_same_with_one_row_and_with_ten(desk, organization, address) -> None:
    factories.SecretKeyFactory.create(organization=organization, created_by=factories.UserFactory())
    desk.get(address)
    quota.forget()
    notable.forget()
    with CaptureQueriesContext(connection) as few:
        desk.get(address)
    for _ in range(9):
        user = factories.MembershipFactory.create(organization=organization).user
        factories.SecretKeyFactory.create(organization=organization, created_by=user)
    quota.forget()
    notable.forget()
    with CaptureQueriesContext(connection) as many:
        response = desk.get(address)

    assert len(response.context.get("keys") or response.context.get("members")) == 10
    assert len(many) == len(few), "\n".join(query["sql"] for query in many)


def test_members_are_listed_with_their_roles_and_strangers_are_not(desk, teammate, stranger) -> None:
    response = desk.get(MEMBERS)

    rows = [(row.email, row.role) for row in response.context["members"]]
    assert rows == [("owner@acme.test", "Owner"), ("viewer@acme.test", "Viewer")]
    assert "stranger@elsewhere.test" not in response.content.decode()


def test_a_name_is_text_and_not_markup(desk, organization) -> None:
    factories.SecretKeyFactory.create(organization=organization, name="<script>alert(1)</script>")

    assert "<script>alert(1)" not in desk.get(KEYS).content.decode()
