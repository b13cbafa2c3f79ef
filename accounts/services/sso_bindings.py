"""Accounts that an organization's provider is bound to."""

from allauth.socialaccount.models import SocialAccount

from accounts.access import Actor
from accounts.audited import Action, Target
from accounts.models import Membership, Organization, SingleSignOn
from accounts.services import audit


def forget(organization: Organization) -> None:
    """Nobody is bound to the organization's provider any more; the caller's transaction."""
    providers = SingleSignOn.objects.filter(organization=organization).values("provider_id")
    SocialAccount.objects.filter(provider__in=providers).delete()


def unbind(membership: Membership, actor: Actor) -> None:
    """Whoever is a member no more is bound to the organization's provider no more; the caller's transaction."""
    providers = SingleSignOn.objects.filter(organization=membership.organization_id).values("provider_id")
    bound = SocialAccount.objects.filter(user=membership.user_id, provider__in=providers)
    if bound.delete()[0]:
        audit.record(
            action=Action.SSO_UNLINKED,
            actor=actor,
            organization_id=membership.organization_id,
            target=Target(membership.user_id, membership.user.email),
        )
