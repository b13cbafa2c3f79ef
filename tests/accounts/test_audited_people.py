"""What is done to members, invitations and an organization is in its audit log, with who and what."""

import pytest

from accounts.access import Actor
from accounts.models import AuditEntry, Membership
from accounts.permissions import Role
from accounts.services import closing, invitations, members
from tests import factories


@pytest.fixture
def boss(owner) -> Actor:
    return Actor(user=owner)


def log() -> list[tuple[str, str, str, object, object]]:
    """Action, who, to whom, before and after; the oldest first."""
    fields = ("action", "actor_name", "target_name", "before", "after")
    return list(AuditEntry.objects.order_by("pk").values_list(*fields))


def test_a_member_from_the_invitation_to_the_end(organization, owner, boss) -> None:
    grace = factories.UserFactory.create(email="grace@acme.test")
    sent = invitations.invite(organization=organization, email=grace.email, role=Role.VIEWER, actor=boss)
    member = invitations.accept(invitation=sent, actor=Actor(user=grace))
    members.change_role(membership=member, role=Role.ADMIN, actor=boss)
    members.change_role(membership=member, role=Role.ADMIN, actor=boss)
    members.remove(membership=member, actor=boss)

    boss_name, hers = owner.email, "grace@acme.test"
    assert log() == [
        ("invitation.sent", boss_name, hers, None, {"role": "viewer"}),
        ("invitation.accepted", hers, hers, None, None),
        ("member.added", hers, hers, None, {"role": "viewer"}),
        ("member.role_changed", boss_name, hers, {"role": "viewer"}, {"role": "admin"}),
        ("member.removed", boss_name, hers, {"role": "admin"}, None),
    ]


def test_handing_over_leaving_and_revoking(organization, owner, teammate, boss) -> None:
    sent = invitations.invite(organization=organization, email="new@acme.test", role=Role.VIEWER, actor=boss)
    invitations.revoke(invitation=sent, actor=boss)
    members.hand_over(organization=organization, actor=boss, to=Membership.objects.get(user=teammate))
    members.leave(membership=Membership.objects.get(user=owner), actor=boss)

    assert [(action, target) for action, _, target, _, _ in log()] == [
        ("invitation.sent", "new@acme.test"),
        ("invitation.revoked", "new@acme.test"),
        ("member.role_changed", "viewer@acme.test"),
        ("member.role_changed", "owner@acme.test"),
        ("member.left", "owner@acme.test"),
    ]


def test_deleting_and_taking_it_back(organization, boss) -> None:
    asked = closing.request(organization=organization, actor=boss)
    moment = asked.deletes_at
    closing.restore(organization=organization, actor=boss)

    assert moment is not None
    assert [(action, before, after) for action, _, _, before, after in log()] == [
        ("organization.deletion_requested", None, {"deletes_at": moment.isoformat()}),
        ("organization.restored", {"deletes_at": moment.isoformat()}, None),
    ]
