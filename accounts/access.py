"""The one door to a tenant's objects.

An outsider gets NotFound, as for a thing that does not exist; a member whose role does not allow it, Forbidden.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpRequest

from accounts import keys
from accounts.audited import ActorKind
from accounts.errors import Forbidden, Moved, NotFound, Unauthenticated
from accounts.models import (
    DomainClaim,
    FormerSlug,
    Invitation,
    Membership,
    Organization,
    PlanPrice,
    SecretKey,
    User,
)
from accounts.origin import NOWHERE, Origin, origin
from accounts.permissions import Capability
from accounts.querysets import OrganizationQuerySet

if TYPE_CHECKING:
    from rest_framework.request import Request


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks, and from where: a person, or a secret key of an organization, never both.

    Neither is the product itself, or with an origin, somebody who is not logged in. `as_staff` is a person at work
    in the staff admin; it opens nothing here. `known` is what was looked up before, for one request.
    """

    user: User | None = None
    secret_key: SecretKey | None = None
    origin: Origin = NOWHERE
    as_staff: bool = False
    known: dict[int, frozenset[Capability]] | None = field(default=None, compare=False, repr=False)

    @classmethod
    def of(cls, request: "HttpRequest | Request") -> "Actor":
        """The actor of a request that has been authenticated; raises Unauthenticated without one."""
        key = getattr(request, "auth", None)
        where = origin_of(request)
        if isinstance(key, SecretKey):
            return cls(secret_key=key, origin=where)
        if isinstance(request.user, User):
            return cls(user=request.user, origin=where, known=_known(request, request.user))
        raise Unauthenticated("Log in, or send a secret key as 'Authorization: Bearer pls_…'.")

    @classmethod
    def of_staff(cls, request: HttpRequest) -> "Actor":
        """Whoever works in the staff admin; raises Unauthenticated for nobody."""
        if not isinstance(request.user, User):
            raise Unauthenticated("Log in.")
        return cls(user=request.user, origin=origin_of(request), as_staff=True)

    @property
    def kind(self) -> ActorKind:
        """What the audit log calls the actor."""
        if self.secret_key is not None:
            return ActorKind.KEY
        if self.user is not None:
            return ActorKind.STAFF if self.as_staff else ActorKind.PERSON
        return ActorKind.SYSTEM if self.origin == NOWHERE else ActorKind.ANONYMOUS

    def capabilities_in(self, organization_id: int) -> frozenset[Capability]:
        """What the actor may do in an organization; empty for an outsider."""
        if self.secret_key is not None:
            inside = self.secret_key.organization_id == organization_id
            return self.secret_key.capabilities if inside else frozenset()
        known = {} if self.known is None else self.known
        if organization_id not in known:
            membership = Membership.objects.filter(user=self.user, organization_id=organization_id).first()
            known[organization_id] = membership.capabilities if membership else frozenset()
        return known[organization_id]

    def require(self, organization_id: int, capability: Capability) -> None:
        """Raises NotFound for an outsider and Forbidden for a member without the capability."""
        granted = self.capabilities_in(organization_id)
        if not granted:
            raise NotFound("There is nothing here, or not for you.")
        if capability not in granted:
            raise Forbidden(
                f"This needs the permission '{capability.label}', which you do not have here. "
                "Owners and admins give roles."
            )


# The product itself: a command, a worker, beat.
SYSTEM = Actor()


def origin_of(request: "HttpRequest | Request") -> Origin:
    """From where a request came, as far as the trusted proxies tell."""
    return origin(request.META, trusted_proxies=settings.TRUSTED_PROXIES)


def _known(request: "HttpRequest | Request", user: User) -> dict[int, frozenset[Capability]]:
    """What was looked up for this person while this request is answered: a page asks for the same many times."""
    of_django = getattr(request, "_request", request)
    known: dict[int, frozenset[Capability]] = of_django.__dict__.setdefault(f"capabilities_of_{user.pk}", {})
    return known


def organization(actor: Actor, *, slug: str, capability: Capability) -> Organization:
    """The organization of this slug, if the actor may do this in it; raises Moved where it had the slug before."""
    found = Organization.objects.filter(slug=slug).first()
    if found is None:
        raise missing_organization(actor, slug=slug)
    actor.require(found.pk, capability)
    return found


def organizations_of(actor: Actor) -> OrganizationQuerySet:
    """Those that the person is a member of, or the one of the key."""
    if actor.secret_key is not None:
        return Organization.objects.filter(pk=actor.secret_key.organization_id)
    return Organization.objects.visible_to(actor.user) if actor.user else Organization.objects.none()


def any_organization(actor: Actor, *, slug: str) -> Organization:
    """The organization of this slug, if the actor has anything to do with it."""
    found = organizations_of(actor).filter(slug=slug).first()
    if found is None:
        raise missing_organization(actor, slug=slug)
    return found


def missing_organization(actor: Actor, *, slug: str) -> NotFound | Moved:
    """What to raise where nothing has this slug: Moved for who may know where the organization is now."""
    former = FormerSlug.objects.filter(slug=slug).select_related("organization").first()
    if former is None or not actor.capabilities_in(former.organization_id):
        return NotFound("There is nothing here, or not for you.")
    now = former.organization.slug
    return Moved(f"This organization is called '{now}' in addresses now.", was=slug, now=now)


def organization_of_key(actor: Actor, *, capability: Capability) -> Organization:
    """The organization that the actor's secret key belongs to; people must name theirs in the address."""
    if actor.secret_key is None:
        raise Unauthenticated("Send a secret key as 'Authorization: Bearer pls_…'; it names the organization.")
    actor.require(actor.secret_key.organization_id, capability)
    return actor.secret_key.organization


def secret_key(text: str) -> SecretKey:
    """The active secret key of this text; raises Unauthenticated for any other."""
    found = SecretKey.objects.opened_by(keys.digest(text))
    if found is None:
        raise Unauthenticated("This key is unknown, revoked or expired.")
    return found


def key_of(organization: Organization, *, key_id: int) -> SecretKey:
    """A secret key of an organization that the actor was let into."""
    known = SecretKey.objects.filter(organization=organization).select_related("created_by")
    # Larger numbers are nobody's, and PostgreSQL refuses them.
    found = known.filter(pk=key_id).first() if key_id < 2**63 else None
    if found is None:
        raise NotFound("There is nothing here, or not for you.")
    return found


def price(price_id: int) -> PlanPrice:
    """A price that anybody may choose now."""
    found = PlanPrice.objects.offered().filter(pk=price_id).first() if price_id < 2**63 else None
    if found is None:
        raise NotFound("This price is not offered, or not any more.")
    return found


def invitation(token: str) -> Invitation:
    """The open invitation of this secret link, whose time may be over; raises NotFound for any other text."""
    known = Invitation.objects.open().select_related("organization", "invited_by")
    found = known.filter(hash=keys.digest(token)).first()
    if found is None:
        raise NotFound("This invitation was accepted or revoked, or its link is not whole.")
    return found


def membership(organization: Organization, *, membership_id: int) -> Membership:
    """A membership of an organization that the actor was let into."""
    found = Membership.objects.of(organization).select_related("user").filter(pk=membership_id).first()
    if found is None:
        raise NotFound("There is nothing here, or not for you.")
    return found


def domain_claim(organization: Organization, *, claim_id: int) -> DomainClaim:
    """A claim of an organization that the actor was let into."""
    found = DomainClaim.objects.of(organization).select_related("organization").filter(pk=claim_id).first()
    if found is None:
        raise NotFound("There is nothing here, or not for you.")
    return found


def own_membership(actor: Actor, organization: Organization) -> Membership:
    """The membership of the person who asks; raises NotFound where they have none, as a key."""
    found = Membership.objects.of(organization).filter(user=actor.user).first() if actor.user else None
    if found is None:
        raise NotFound("There is nothing here, or not for you.")
    return found


def invitation_of(organization: Organization, *, invitation_id: int) -> Invitation:
    """An invitation, in whatever state, of an organization that the actor was let into."""
    known = Invitation.objects.of(organization).select_related("organization", "invited_by")
    found = known.filter(pk=invitation_id).first()
    if found is None:
        raise NotFound("There is nothing here, or not for you.")
    return found
