"""Invite people by e-mail, and let them in."""

import secrets
from collections.abc import Collection, Mapping
from datetime import timedelta

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts import keys
from accounts.access import Actor
from accounts.audited import Action, Target
from accounts.billing import limits
from accounts.errors import Conflict, FieldError, Forbidden, RateLimited
from accounts.letters import Letter, moment
from accounts.models import Invitation, Membership, Organization, User
from accounts.permissions import Role
from accounts.services import audit, chosen_projects, mail, organizations
from accounts.services.members import require_for_roles

# The fields of a change, as they were or became.
Change = Mapping[str, object] | None

GOOD_FOR = timedelta(days=7)
# Whoever runs an organization could else send mail to the world by this installation.
MOST_A_DAY = 200
RESENT_AFTER = timedelta(minutes=1)


@transaction.atomic
def invite(
    *, organization: Organization, email: str, role: Role, actor: Actor, project_ids: Collection[int] = ()
) -> Invitation:
    """Ask somebody by e-mail to become a member, who is chosen for these limited projects at once.

    Raises Forbidden where the role is not `actor`'s to give, Conflict for a member and for who is invited already,
    Invalid for other projects, PlanLimit without a free seat, and RateLimited over MOST_A_DAY.
    """
    now, address = timezone.now(), email.strip().lower()
    Organization.objects.select_for_update(of=("self",)).get(pk=organization.pk)
    require_for_roles(actor, organization.pk, role)
    if Membership.objects.of(organization).filter(user__email__iexact=address).exists():
        raise _taken(f"{address} is a member already.")
    if Invitation.objects.of(organization).open().filter(email=address).exists():
        raise _taken(f"{address} is invited already; send that invitation again.")
    if Invitation.objects.of(organization).filter(created_at__gt=now - timedelta(days=1)).count() >= MOST_A_DAY:
        raise RateLimited(f"{MOST_A_DAY} people were invited within a day; go on later.", retry_after=3600)
    projects = chosen_projects.check(organization, role, project_ids, actor)
    limits.require_seat(organization)
    token = _token()
    invitation = Invitation.objects.create(
        organization=organization,
        email=address,
        role=role,
        project_ids=projects or None,
        hash=keys.digest(token),
        invited_by=actor.user,
        sent_at=now,
        expires_at=now + GOOD_FOR,
    )
    after = {"role": role.value, **({"projects": projects} if projects else {})}
    _note(Action.INVITATION_SENT, invitation, actor, after=after)
    _send_on_commit(invitation, token)
    return invitation


@transaction.atomic
def resend(*, invitation: Invitation, actor: Actor) -> Invitation:
    """Send it anew with a new link and a new time; the old link ends.

    Raises Conflict where it is not open, RateLimited within a minute, Forbidden as `invite` does.
    """
    found, now = _locked(invitation), timezone.now()
    require_for_roles(actor, found.organization_id, found.role)
    if now < found.sent_at + RESENT_AFTER:
        wait = (found.sent_at + RESENT_AFTER - now).total_seconds()
        raise RateLimited("It was sent a moment ago; wait a minute.", retry_after=wait)
    token = _token()
    found.hash, found.sent_at, found.expires_at = keys.digest(token), now, now + GOOD_FOR
    found.save(update_fields=["hash", "sent_at", "expires_at"])
    _note(Action.INVITATION_SENT_AGAIN, found, actor)
    _send_on_commit(found, token)
    return found


@transaction.atomic
def revoke(*, invitation: Invitation, actor: Actor) -> None:
    """End it: its link opens nothing any more. Raises Conflict where it is not open, Forbidden as `invite`."""
    found = _locked(invitation)
    require_for_roles(actor, found.organization_id, found.role)
    found.revoked_at = timezone.now()
    found.save(update_fields=["revoked_at"])
    _note(Action.INVITATION_REVOKED, found, actor, before={"role": found.role})


@transaction.atomic
def accept(*, invitation: Invitation, actor: Actor) -> Membership:
    """Make the person a member with the invitation's role; a member keeps the role they have.

    Raises Conflict where it is over, Forbidden for whoever has not confirmed the address that was invited, and
    PlanLimit where the plan became too small for those who are there and invited.
    """
    found, now, user = _locked(invitation), timezone.now(), actor.user
    if found.is_over(now):
        raise Conflict("This invitation has expired. Ask whoever sent it for a new one.")
    if user is None or not is_addressed_to(user, found):
        raise Forbidden(f"This invitation is for {found.email}. Log in with that address to accept it.")
    found.accepted_at, found.accepted_by = now, user
    found.save(update_fields=["accepted_at", "accepted_by"])
    _note(Action.INVITATION_ACCEPTED, found, actor)
    member = Membership.objects.of(found.organization).filter(user=user).first() or organizations.add_member(
        organization=found.organization, user=user, role=Role(found.role), actor=actor
    )
    chosen_projects.choose(membership=member, project_ids=found.project_ids or (), actor=actor)
    return member


def is_addressed_to(user: User, invitation: Invitation) -> bool:
    """Whether the person has confirmed the address that was invited."""
    return bool(EmailAddress.objects.filter(user=user, verified=True, email__iexact=invitation.email).exists())


def letter(*, invitation: Invitation, address: str) -> Letter:
    """The e-mail, with the secret address of the invitation."""
    organization, by = invitation.organization.name, invitation.invited_by
    role = _AS[Role(invitation.role)]
    inviter = by.display_name if by else f"An administrator of {organization}"
    return Letter(
        subject=f"{inviter} invites you to {organization} on Plumbline",
        heading=f"Join {organization} on Plumbline",
        paragraphs=(
            f"{inviter} invites you to {organization}, as {role}. Plumbline is where they see their analytics.",
            f"The invitation is for {invitation.email} and good until {moment(invitation.expires_at)}.",
        ),
        label="See the invitation",
        address=address,
        why="If you do not know who sent this, you need not do anything.",
    )


# What an invitation calls the roles.
_AS = {
    Role.OWNER: "an owner",
    Role.ADMIN: "an admin",
    Role.ANALYST: "an analyst",
    Role.VIEWER: "a viewer",
    Role.BILLING: "the one who looks after billing",
}


def _note(
    action: Action, invitation: Invitation, actor: Actor, before: Change = None, after: Change = None
) -> None:
    target = Target(invitation.pk, invitation.email)
    audit.record(
        action=action,
        actor=actor,
        organization_id=invitation.organization_id,
        target=target,
        before=before,
        after=after,
    )


def _token() -> str:
    return secrets.token_urlsafe(24)


def _taken(message: str) -> Conflict:
    return Conflict(message, fields=[FieldError("email", message)])


def _locked(invitation: Invitation) -> Invitation:
    found = (
        Invitation.objects.select_for_update(of=("self",))
        .select_related("organization", "invited_by")
        .get(pk=invitation.pk)
    )
    if not found.is_open:
        raise Conflict("This invitation was accepted or revoked.")
    return found


def _send_on_commit(invitation: Invitation, token: str) -> None:
    """Where the mail fails, the invitation is there to be sent again."""
    address = settings.BASE_URL + reverse("invitation", args=[token])
    mail.send_on_commit(letter=letter(invitation=invitation, address=address), to=[invitation.email])
