"""Delete an organization: after days of grace in which everything works and any owner may take it back."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts.access import Actor
from accounts.audited import Action, Target
from accounts.errors import Conflict
from accounts.letters import Letter, moment
from accounts.models import Membership, Organization
from accounts.permissions import Capability
from accounts.services import audit, mail

# The fields of a change, as they were or became.
Change = dict[str, str] | None


@transaction.atomic
def request(*, organization: Organization, actor: Actor, now: datetime | None = None) -> Organization:
    """Begin the days of grace, and tell every owner. Raises Forbidden, and Conflict where they have begun."""
    found = _locked(organization, actor)
    if found.deletes_at is not None:
        raise Conflict(f"{found.name} is to be deleted already.")
    found.deletes_at = (now or timezone.now()) + timedelta(days=settings.DELETION_DAYS)
    found.deletion_requested_by = actor.user
    found.save(update_fields=["deletes_at", "deletion_requested_by"])
    _note(Action.DELETION_REQUESTED, found, actor, after={"deletes_at": found.deletes_at.isoformat()})
    _tell_owners(found, _requested(found, actor, found.deletes_at))
    return found


@transaction.atomic
def restore(*, organization: Organization, actor: Actor) -> Organization:
    """Take it back. Raises Forbidden, and Conflict where nothing is to be taken back."""
    found = _locked(organization, actor)
    if found.deletes_at is None:
        raise Conflict(f"{found.name} is not to be deleted.")
    _note(Action.DELETION_TAKEN_BACK, found, actor, before={"deletes_at": found.deletes_at.isoformat()})
    found.deletes_at = found.deletion_requested_by = None
    found.save(update_fields=["deletes_at", "deletion_requested_by"])
    _tell_owners(found, _restored(found, actor))
    return found


def _locked(organization: Organization, actor: Actor) -> Organization:
    actor.require(organization.pk, Capability.DELETE_ORGANIZATION)
    return Organization.objects.select_for_update(of=("self",)).get(pk=organization.pk)


def _note(
    action: Action, organization: Organization, actor: Actor, before: Change = None, after: Change = None
) -> None:
    target = Target(organization.pk, organization.name)
    audit.record(
        action=action, actor=actor, organization_id=organization.pk, target=target, before=before, after=after
    )


def _tell_owners(organization: Organization, letter: Letter) -> None:
    owners = Membership.objects.who_own(organization.pk).order_by("user__email")
    for address in owners.values_list("user__email", flat=True):
        mail.send_on_commit(letter=letter, to=[address])


def _requested(organization: Organization, actor: Actor, deletes_at: datetime) -> Letter:
    return Letter(
        subject=f"{organization.name} will be deleted",
        heading=f"{organization.name} will be deleted",
        paragraphs=(
            (
                f"{_who(actor)} has asked to delete the organization {organization.name}. On "
                f"{moment(deletes_at)} its projects, events, keys and settings are deleted for good."
            ),
            "Until then everything works as before, and any owner can take it back.",
        ),
        label=f"See, or keep {organization.name}",
        address=settings.BASE_URL + reverse("settings_organization", args=[organization.slug]),
        why=f"You get this because you are an owner of {organization.name}.",
    )


def _restored(organization: Organization, actor: Actor) -> Letter:
    return Letter(
        subject=f"{organization.name} stays",
        heading=f"{organization.name} stays",
        paragraphs=(f"{_who(actor)} has taken back that {organization.name} is deleted. Nothing was lost.",),
        why=f"You get this because you are an owner of {organization.name}.",
    )


def _who(actor: Actor) -> str:
    return actor.user.display_name if actor.user else "A secret key"
