"""By which provider an address comes in, and whether by no other way; and what the page of it shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.crypto import salted_hmac

from accounts import domains
from accounts.models import DomainClaim, Membership, Organization, SingleSignOn, User
from accounts.permissions import Role

FILE = "/.well-known/plumbline-verification.txt"
NAME = "_plumbline"


def connection_of(email: str) -> SingleSignOn | None:
    """The provider of the organization that has proved the address's domain, where it has one."""
    domain = domains.of_address(email)
    if not domain:
        return None
    proved = DomainClaim.objects.proved().filter(domain=domain)
    found = SingleSignOn.objects.filter(organization__in=proved.values("organization"))
    return found.select_related("organization").first()


def required_for(email: str) -> SingleSignOn | None:
    """The provider that is the only way in for this address, for all but owners."""
    found = connection_of(email)
    return found if found is not None and found.enforced_at is not None else None


def required_of(user: User) -> SingleSignOn | None:
    """The provider that is the only way in for this person; owners have others, lest everybody is locked out.

    Staff of the installation have theirs: no organization says how they come in.
    """
    found = None if user.is_staff else required_for(user.email)
    if found is None:
        return None
    owns = Membership.objects.who_own(found.organization_id).filter(user=user).exists()
    return None if owns else found


def provider_id_of(organization: Organization) -> str:
    """What stands in the address that has to be registered at the provider, which is known before it is saved."""
    found = SingleSignOn.objects.filter(organization=organization).values_list("provider_id", flat=True).first()
    return found or f"sso-{salted_hmac('single sign-on', str(organization.pk)).hexdigest()[:16]}"


def captures(organization: Organization, email: str) -> bool:
    """Whether the organization has proved the address's domain."""
    domain = domains.of_address(email)
    return bool(domain) and DomainClaim.objects.of(organization).proved().filter(domain=domain).exists()


def may_come(organization_id: int) -> Sequence[str]:
    """The domains whose addresses come by the organization's provider."""
    found = DomainClaim.objects.filter(organization=organization_id).proved()
    return list(found.values_list("domain", flat=True))


@dataclass(frozen=True, slots=True)
class DomainRow:
    """A claim as the page lists it, with what proves it."""

    id: int
    domain: str
    proved_at: datetime | None
    proved_how: str
    record_name: str
    record_value: str
    file_address: str


def domains_of(organization: Organization) -> Sequence[DomainRow]:
    """All that it claims, by name."""
    return [
        DomainRow(
            id=claim.pk,
            domain=claim.domain,
            proved_at=claim.proved_at,
            proved_how=claim.get_proved_how_display(),
            record_name=f"{NAME}.{claim.domain}",
            record_value=value_of(claim),
            file_address=f"https://{claim.domain}{FILE}",
        )
        for claim in DomainClaim.objects.of(organization)
    ]


def value_of(claim: DomainClaim) -> str:
    """What has to stand in the DNS or the file."""
    return f"plumbline-verification={claim.challenge}"


def affected_members(connection: SingleSignOn) -> int:
    """How many members log in by nothing else while it is enforced."""
    wanted = set(may_come(connection.organization_id))
    others = Membership.objects.of(connection.organization).exclude(role=Role.OWNER)
    emails = others.exclude(user__is_staff=True).values_list("user__email", flat=True)
    return sum(1 for email in emails.iterator() if domains.of_address(email) in wanted)
