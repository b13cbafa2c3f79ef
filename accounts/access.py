"""The one door to a tenant's objects.

An outsider gets NotFound, as for a thing that does not exist; a member whose role does not allow it, Forbidden.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.http import HttpRequest

from accounts import keys
from accounts.errors import Forbidden, NotFound, Unauthenticated
from accounts.models import Membership, Organization, SecretKey, User
from accounts.permissions import Capability

if TYPE_CHECKING:
    from rest_framework.request import Request


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks: a person, or a secret key of an organization. Exactly one of the two is set."""

    user: User | None = None
    secret_key: SecretKey | None = None

    @classmethod
    def of(cls, request: "HttpRequest | Request") -> "Actor":
        """The actor of a request that has been authenticated; raises Unauthenticated without one."""
        key = getattr(request, "auth", None)
        if isinstance(key, SecretKey):
            return cls(secret_key=key)
        if isinstance(request.user, User):
            return cls(user=request.user)
        raise Unauthenticated("Log in, or send a secret key as 'Authorization: Bearer pls_…'.")

    def capabilities_in(self, organization_id: int) -> frozenset[Capability]:
        """What the actor may do in an organization; empty for an outsider."""
        if self.secret_key is not None:
            inside = self.secret_key.organization_id == organization_id
            return self.secret_key.capabilities if inside else frozenset()
        membership = Membership.objects.filter(user=self.user, organization_id=organization_id).first()
        return membership.capabilities if membership else frozenset()

    def require(self, organization_id: int, capability: Capability) -> None:
        """Raises NotFound for an outsider and Forbidden for a member without the capability."""
        granted = self.capabilities_in(organization_id)
        if not granted:
            raise NotFound("There is nothing here, or not for you.")
        if capability not in granted:
            raise Forbidden(f"This needs the permission '{capability.label}', which you do not have here.")


def organization(actor: Actor, *, slug: str, capability: Capability) -> Organization:
    """The organization of this slug, if the actor may do this in it."""
    found = Organization.objects.filter(slug=slug).first()
    if found is None:
        raise NotFound("There is nothing here, or not for you.")
    actor.require(found.pk, capability)
    return found


def organization_of_key(actor: Actor, *, capability: Capability) -> Organization:
    """The organization that the actor's secret key belongs to; people must name theirs in the address."""
    if actor.secret_key is None:
        raise Unauthenticated("Send a secret key as 'Authorization: Bearer pls_…'; it names the organization.")
    actor.require(actor.secret_key.organization_id, capability)
    return actor.secret_key.organization


def secret_key(text: str) -> SecretKey:
    """The active secret key of this text; raises Unauthenticated for any other."""
    found = SecretKey.objects.active().select_related("organization").filter(hash=keys.digest(text)).first()
    if found is None:
        raise Unauthenticated("This key is unknown or revoked.")
    SecretKey.objects.touch(found)
    return found
