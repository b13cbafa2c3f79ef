import pytest

from accounts import access
from accounts.access import Actor
from accounts.errors import Forbidden, NotFound
from accounts.permissions import Capability


def test_a_member_gets_what_the_role_allows(organization, teammate) -> None:
    found = access.organization(Actor(user=teammate), slug="acme", capability=Capability.VIEW_DATA)

    assert found == organization


def test_a_member_without_the_capability_is_forbidden(organization, teammate) -> None:
    with pytest.raises(Forbidden, match="Create, replace and revoke API keys"):
        access.organization(Actor(user=teammate), slug="acme", capability=Capability.MANAGE_KEYS)


def test_a_stranger_cannot_tell_that_it_exists(organization, stranger) -> None:
    with pytest.raises(NotFound) as inside:
        access.organization(Actor(user=stranger), slug="acme", capability=Capability.VIEW_DATA)
    with pytest.raises(NotFound) as nowhere:
        access.organization(Actor(user=stranger), slug="nowhere", capability=Capability.VIEW_DATA)

    assert str(inside.value) == str(nowhere.value)
