"""Roles, leaving, handing over: there is always an owner, and who is none touches no owner."""

import threading

import pytest
from django.db import connection

from accounts.access import Actor
from accounts.errors import Conflict, Forbidden, NotFound
from accounts.models import Membership
from accounts.permissions import Role, Scope
from accounts.services import members
from tests import factories


@pytest.fixture
def admin(organization):
    return factories.MembershipFactory.create(
        organization=organization, role=Role.ADMIN, user__email="admin@acme.test"
    ).user


def of(user, organization) -> Membership:
    return Membership.objects.get(user=user, organization=organization)


def roles(organization) -> dict[str, str]:
    found = Membership.objects.filter(organization=organization)
    return dict(found.values_list("user__email", "role"))


def test_an_admin_gives_every_role_but_the_owner_s(organization, owner, admin, teammate) -> None:
    for role in (Role.ADMIN, Role.ANALYST, Role.VIEWER):
        members.change_role(membership=of(teammate, organization), role=role, actor=Actor(user=admin))
        assert of(teammate, organization).role == role

    with pytest.raises(Forbidden):
        members.change_role(membership=of(teammate, organization), role=Role.OWNER, actor=Actor(user=admin))
    assert of(teammate, organization).role == Role.VIEWER


@pytest.mark.parametrize("do", ["demote", "remove"])
def test_an_admin_does_nothing_to_an_owner(organization, owner, admin, do) -> None:
    factories.MembershipFactory.create(organization=organization, role=Role.OWNER)

    with pytest.raises(Forbidden, match="Make, change and remove owners"):
        change(do, of(owner, organization), Actor(user=admin))
    assert of(owner, organization).role == Role.OWNER


def change(do: str, membership: Membership, actor: Actor) -> None:
    if do == "demote":
        members.change_role(membership=membership, role=Role.ADMIN, actor=actor)
    elif do == "remove":
        members.remove(membership=membership, actor=actor)
    else:
        members.leave(membership=membership, actor=Actor(user=membership.user))


@pytest.mark.parametrize("do", ["demote", "remove", "leave"])
def test_the_last_owner_cannot_go(organization, owner, teammate, do) -> None:
    with pytest.raises(Conflict, match=r"owner@acme\.test is the last owner"):
        change(do, of(owner, organization), Actor(user=owner))
    assert of(owner, organization).role == Role.OWNER


@pytest.mark.parametrize("do", ["demote", "remove", "leave"])
def test_an_owner_who_cannot_log_in_does_not_count(organization, owner, do) -> None:
    factories.MembershipFactory.create(organization=organization, role=Role.OWNER, user__is_active=False)

    with pytest.raises(Conflict):
        change(do, of(owner, organization), Actor(user=owner))


@pytest.mark.parametrize("do", ["demote", "remove", "leave"])
def test_one_of_two_owners_may_go(organization, owner, do) -> None:
    second = factories.MembershipFactory.create(organization=organization, role=Role.OWNER)

    change(do, of(owner, organization), Actor(user=owner))

    assert roles(organization)[second.user.email] == Role.OWNER
    assert roles(organization).get(owner.email) == (Role.ADMIN if do == "demote" else None)


@pytest.mark.django_db(transaction=True)
def test_of_two_owners_who_leave_at_once_one_stays(organization, owner) -> None:
    second = factories.MembershipFactory.create(organization=organization, role=Role.OWNER)
    both, refused = [of(owner, organization), second], []
    barrier = threading.Barrier(2)

    def leave(membership: Membership) -> None:
        barrier.wait()
        try:
            members.leave(membership=membership, actor=Actor(user=membership.user))
        except Conflict as error:
            refused.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=leave, args=(membership,)) for membership in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert list(roles(organization).values()) == [Role.OWNER]
    assert len(refused) == 1


def test_a_membership_that_has_ended_is_not_changed(organization, owner, teammate) -> None:
    stale = of(teammate, organization)
    members.leave(membership=of(teammate, organization), actor=Actor(user=teammate))

    with pytest.raises(Conflict, match="not a member any more"):
        members.change_role(membership=stale, role=Role.ADMIN, actor=Actor(user=owner))


def test_handing_over_makes_the_other_the_owner_and_oneself_an_admin(organization, owner, teammate) -> None:
    members.hand_over(organization=organization, actor=Actor(user=owner), to=of(teammate, organization))

    assert roles(organization) == {"owner@acme.test": Role.ADMIN, "viewer@acme.test": Role.OWNER}


def test_only_an_owner_hands_over_and_only_to_another_member_who_can_log_in(
    organization, owner, admin, stranger
) -> None:
    gone = factories.MembershipFactory.create(organization=organization, user__is_active=False, role=Role.VIEWER)
    before = roles(organization)

    with pytest.raises(Forbidden):
        members.hand_over(organization=organization, actor=Actor(user=admin), to=of(admin, organization))
    for other in (of(owner, organization), gone, stranger.memberships.get()):
        with pytest.raises(Conflict):
            members.hand_over(organization=organization, actor=Actor(user=owner), to=other)
    assert roles(organization) == before


def test_outsiders_and_keys_without_the_scope_change_nothing(organization, owner, teammate, stranger) -> None:
    key = factories.SecretKeyFactory.create(organization=organization, scopes=[Scope.QUERY])

    with pytest.raises(NotFound):
        members.remove(membership=of(teammate, organization), actor=Actor(user=stranger))
    with pytest.raises(Forbidden):
        members.remove(membership=of(teammate, organization), actor=Actor(secret_key=key))


def test_a_key_for_members_touches_no_owner(organization, owner, teammate) -> None:
    actor = Actor(secret_key=factories.SecretKeyFactory.create(organization=organization, scopes=[Scope.MEMBERS]))
    factories.MembershipFactory.create(organization=organization, role=Role.OWNER)

    members.change_role(membership=of(teammate, organization), role=Role.ADMIN, actor=actor)
    with pytest.raises(Forbidden):
        members.change_role(membership=of(teammate, organization), role=Role.OWNER, actor=actor)
    with pytest.raises(Forbidden):
        members.remove(membership=of(owner, organization), actor=actor)
