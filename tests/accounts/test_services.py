"""Organizations, members and secret keys, written by the services."""

import pytest
from django.db import IntegrityError, transaction

from accounts import keys
from accounts.access import SYSTEM, Actor
from accounts.errors import Conflict, Invalid
from accounts.models import Membership, Organization, SecretKey
from accounts.permissions import Role, Scope
from accounts.services import organizations, secret_keys
from tests import factories


@pytest.fixture
def person(db: None):
    return factories.UserFactory.create()


def test_an_organization_has_its_maker_as_owner(person) -> None:
    made = organizations.create(name="Acme & Söhne GmbH", owner=person, actor=SYSTEM)

    assert made.slug == "acme-sohne-gmbh"
    assert Membership.objects.get(organization=made).user == person
    assert Membership.objects.get(organization=made).role == Role.OWNER


def test_a_slug_may_be_chosen_and_is_cut(person) -> None:
    assert organizations.create(name="Acme", owner=person, slug="The Shop", actor=SYSTEM).slug == "the-shop"
    assert len(organizations.create(name="x" * 200, owner=person, actor=SYSTEM).slug) == 60


@pytest.mark.parametrize("name", ["", "   ", "!!!", "—"])
def test_a_name_without_letter_or_digit_is_refused(person, name) -> None:
    with pytest.raises(Invalid) as caught:
        organizations.create(name=name, owner=person, actor=SYSTEM)

    assert [item.field for item in caught.value.fields] == ["name"]
    assert not Organization.objects.exists()


def test_a_taken_slug_is_a_conflict(organization, person) -> None:
    with pytest.raises(Conflict, match="'acme' is taken") as caught:
        organizations.create(name="ACME", owner=person, actor=SYSTEM)

    assert [item.field for item in caught.value.fields] == ["slug"]
    assert not Membership.objects.filter(user=person).exists()


def test_a_member_is_added_once_and_keeps_the_first_role(organization, person) -> None:
    organizations.add_member(organization=organization, user=person, role=Role.ANALYST, actor=SYSTEM)

    with pytest.raises(Conflict, match=person.email):
        organizations.add_member(organization=organization, user=person, role=Role.OWNER, actor=SYSTEM)
    assert Membership.objects.get(user=person).role == Role.ANALYST


def test_a_key_is_kept_as_a_hash_and_its_scopes_once_and_sorted(organization, owner) -> None:
    key, text = secret_keys.create(
        organization=organization,
        name="Server",
        scopes=[Scope.QUERY, Scope.INGEST, Scope.QUERY],
        actor=Actor(user=owner),
    )

    stored = SecretKey.objects.filter(pk=key.pk).values().get()
    assert stored["hash"] == keys.digest(text)
    assert stored["scopes"] == ["ingest", "query"]
    assert stored["hint"] == text[: keys.HINT_LENGTH]
    assert text not in str(stored)


def test_a_key_without_scope_is_refused(organization) -> None:
    with pytest.raises(Invalid) as caught:
        secret_keys.create(organization=organization, name="Server", scopes=[], actor=SYSTEM)

    assert [item.field for item in caught.value.fields] == ["scopes"]
    assert not SecretKey.objects.exists()


def test_the_database_itself_refuses_a_key_without_scope(organization) -> None:
    with pytest.raises(IntegrityError, match="accounts_secretkey_has_a_scope"), transaction.atomic():
        factories.SecretKeyFactory.create(organization=organization, scopes=[])


def test_the_database_itself_refuses_the_same_address_in_other_letters(person) -> None:
    with pytest.raises(IntegrityError, match="accounts_user_email_unique_any_case"), transaction.atomic():
        factories.UserFactory.create(email=person.email.upper())


def test_revoking_twice_keeps_the_first_moment(organization) -> None:
    key = factories.SecretKeyFactory.create(organization=organization)
    other = factories.SecretKeyFactory.create(organization=organization)

    secret_keys.revoke(key=key, actor=SYSTEM)
    key.refresh_from_db()
    first = key.revoked_at
    secret_keys.revoke(key=key, actor=SYSTEM)

    key.refresh_from_db()
    other.refresh_from_db()
    assert first is not None
    assert key.revoked_at == first
    assert other.is_active
