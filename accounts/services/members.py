"""Who belongs to an organization, and as what. There is always an owner who can log in: the last one can't go."""

from django.db import transaction

from accounts.access import Actor
from accounts.audited import Action, Target
from accounts.errors import Conflict, Forbidden
from accounts.models import Membership, Organization
from accounts.permissions import Capability, Role
from accounts.services import audit, sso_bindings

# The fields of a change, as they were or became.
Change = dict[str, str] | None


@transaction.atomic
def change_role(*, membership: Membership, role: Role, actor: Actor) -> Membership:
    """Give a member another role.

    Raises Forbidden where an owner is made or changed by somebody who may not, Conflict for the last owner.
    """
    found = _locked(membership)
    require_for_roles(actor, found.organization_id, found.role, role)
    if role != Role.OWNER:
        _leave_an_owner(found)
    _give(found, role, actor)
    return found


@transaction.atomic
def remove(*, membership: Membership, actor: Actor) -> None:
    """End a membership; what the person made stays. Raises as `change_role` does."""
    found = _locked(membership)
    require_for_roles(actor, found.organization_id, found.role)
    _leave_an_owner(found)
    _end(found, Action.MEMBER_REMOVED, actor)


@transaction.atomic
def leave(*, membership: Membership, actor: Actor) -> None:
    """End one's own membership; raises Conflict for the last owner."""
    found = _locked(membership)
    _leave_an_owner(found)
    _end(found, Action.MEMBER_LEFT, actor)


@transaction.atomic
def hand_over(*, organization: Organization, actor: Actor, to: Membership) -> None:
    """Make another member the owner in one's place, and oneself an admin.

    Raises Forbidden for who is no owner, Conflict where the other is oneself or cannot log in.
    """
    heir = _locked(to)
    own = Membership.objects.who_own(organization.pk).select_for_update().filter(user=actor.user).first()
    if own is None:
        raise Forbidden("Only an owner can hand the organization over.")
    if heir.pk == own.pk or heir.organization_id != organization.pk or not heir.user.is_active:
        raise Conflict("Choose another member, who can log in.")
    _give(heir, Role.OWNER, actor)
    _give(own, Role.ADMIN, actor)


def require_for_roles(actor: Actor, organization_id: int, *roles: str) -> None:
    """Who touches owners needs a permission of their own; raises Forbidden without it."""
    actor.require(organization_id, Capability.MANAGE_OWNERS if Role.OWNER in roles else Capability.MANAGE_MEMBERS)


def _give(membership: Membership, role: Role, actor: Actor) -> None:
    was, membership.role = membership.role, role
    membership.save(update_fields=["role"])
    if was != role:
        _note(Action.MEMBER_CHANGED, membership, actor, before={"role": was}, after={"role": role})


def _end(membership: Membership, action: Action, actor: Actor) -> None:
    _note(action, membership, actor, before={"role": membership.role})
    sso_bindings.unbind(membership, actor)
    membership.delete()


def _note(
    action: Action, membership: Membership, actor: Actor, before: Change = None, after: Change = None
) -> None:
    target = Target(membership.user_id, membership.user.email)
    audit.record(
        action=action,
        actor=actor,
        organization_id=membership.organization_id,
        target=target,
        before=before,
        after=after,
    )


def _locked(membership: Membership) -> Membership:
    """The membership as it is now, under the lock of its organization; raises Conflict where it has ended."""
    Organization.objects.select_for_update(of=("self",)).get(pk=membership.organization_id)
    found = Membership.objects.select_related("user", "organization").filter(pk=membership.pk).first()
    if found is None:
        raise Conflict("This person is not a member any more.")
    return found


def _leave_an_owner(membership: Membership) -> None:
    others = Membership.objects.who_own(membership.organization_id).exclude(pk=membership.pk)
    if membership.role == Role.OWNER and not others.exists():
        raise Conflict(
            f"{membership.user.email} is the last owner. Make somebody else an owner first, or hand it over."
        )
