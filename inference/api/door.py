"""The first lines of what a secret key asks for."""

from rest_framework.request import Request

from accounts import access
from accounts.access import Actor
from accounts.models import Organization
from accounts.permissions import Capability


def entered(request: Request, capability: Capability) -> tuple[Actor, Organization]:
    """Who asks, and the organization of their key, if it may do this there."""
    actor = Actor.of(request)
    return actor, access.organization_of_key(actor, capability=capability)
