"""Claim domains of e-mail addresses, prove them, and let them go."""

import secrets

from django.db import transaction
from django.utils import timezone

from accounts import domains, proofs
from accounts.access import Actor
from accounts.audited import Action, Target
from accounts.errors import Conflict, FieldError, Invalid
from accounts.models import DomainClaim, Organization, SingleSignOn
from accounts.permissions import Capability
from accounts.queries import sso
from accounts.services import audit, sso_sessions

MOST = 50


@transaction.atomic
def claim(*, organization: Organization, domain: str, actor: Actor) -> DomainClaim:
    """Say that it is one's own; it holds once it is proved.

    Raises Forbidden; Invalid for what is no domain, is everybody's, or is one too many; Conflict for one that is
    claimed here already.
    """
    actor.require(organization.pk, Capability.MANAGE_SSO)
    Organization.objects.select_for_update(of=("self",)).get(pk=organization.pk)
    name = _claimable(domain)
    own = DomainClaim.objects.of(organization)
    if own.filter(domain=name).exists():
        raise _wrong(Conflict, f"{name} is claimed already.")
    if own.count() >= MOST:
        raise _wrong(Invalid, f"An organization claims {MOST} domains at most.")
    made = DomainClaim.objects.create(
        organization=organization, domain=name, challenge=secrets.token_hex(16), claimed_by=actor.user
    )
    _note(Action.DOMAIN_CLAIMED, made, actor)
    return made


def prove(*, claim: DomainClaim, actor: Actor) -> DomainClaim:
    """Look into the DNS, and else for the file. Raises Forbidden, and Conflict where neither has our word."""
    actor.require(claim.organization_id, Capability.MANAGE_SSO)
    value = sso.value_of(claim)
    # Asked before the transaction begins, which is not to wait for other people's servers.
    if proofs.in_dns(f"{sso.NAME}.{claim.domain}", value):
        return _proved(claim, DomainClaim.How.DNS, actor)
    if proofs.in_file(f"https://{claim.domain}{sso.FILE}", value):
        return _proved(claim, DomainClaim.How.FILE, actor)
    raise Conflict(
        f"Neither the TXT record of {sso.NAME}.{claim.domain} nor the file on https://{claim.domain} is there "
        "yet. A new record may take some minutes to be seen."
    )


def approve(*, claim: DomainClaim, actor: Actor) -> DomainClaim:
    """What staff know by other means. Raises Conflict where another organization has proved it."""
    return _proved(claim, DomainClaim.How.STAFF, actor)


@transaction.atomic
def release(*, claim: DomainClaim, actor: Actor) -> None:
    """Let it go: its addresses come in as any others do. Raises Forbidden."""
    if not actor.as_staff:
        actor.require(claim.organization_id, Capability.MANAGE_SSO)
    before = {"domain": claim.domain, "proved": claim.proved_how or "no"}
    _note(Action.DOMAIN_RELEASED, claim, actor, before=before)
    claim.delete()


@transaction.atomic
def _proved(claim: DomainClaim, how: DomainClaim.How, actor: Actor) -> DomainClaim:
    # Two at once are told apart by the lock, and by the constraint where they are two organizations'.
    rows = DomainClaim.objects.select_for_update(of=("self",)).filter(domain=claim.domain).order_by("pk")
    known = list(rows.select_related("organization"))
    found = next((row for row in known if row.pk == claim.pk), None)
    if found is None:
        raise Conflict(f"{claim.domain} is not claimed any more.")
    if found.proved_at is not None:
        return found
    if any(row.proved_at is not None for row in known):
        raise Conflict(
            f"{claim.domain} belongs to another organization here, which has proved it before. Ask whoever runs "
            "this installation."
        )
    found.proved_at, found.proved_how = timezone.now(), how
    found.save(update_fields=["proved_at", "proved_how"])
    _note(Action.DOMAIN_PROVED, found, actor, after={"domain": found.domain, "proved": how.value})
    connection = SingleSignOn.objects.filter(organization=found.organization, enforced_at__isnull=False).first()
    if connection is not None:
        sso_sessions.end_others(connection)
    return found


def _claimable(domain: str) -> str:
    try:
        name = domains.normal(domain.rpartition("@")[2])
    except ValueError as error:
        raise _wrong(Invalid, "This is not a domain, such as example.com.") from error
    if name in domains.PUBLIC:
        raise _wrong(Invalid, f"Anybody has an address of {name}, so nobody can claim it.")
    return name


def _wrong(kind: type[Invalid | Conflict], message: str) -> Invalid | Conflict:
    return kind(message, fields=[FieldError("domain", message)])


def _note(
    action: Action,
    claim: DomainClaim,
    actor: Actor,
    before: dict[str, str] | None = None,
    after: dict[str, str] | None = None,
) -> None:
    audit.record(
        action=action,
        actor=actor,
        organization_id=claim.organization_id,
        target=Target(claim.pk, claim.domain),
        before=before,
        after=after,
    )
