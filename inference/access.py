"""The one door to a job."""

from uuid import UUID

from accounts.access import Actor
from accounts.errors import NotFound
from accounts.permissions import Capability
from inference.models import Job


def job(actor: Actor, *, job_id: UUID, capability: Capability, organization: str = "") -> Job:
    """The job of this id, if the actor may do this in its organization; with a slug, only of that one."""
    found = Job.objects.select_related("organization", "created_by", "created_with").filter(pk=job_id).first()
    if found is None or (organization and found.organization.slug != organization):
        raise NotFound("There is nothing here, or not for you.")
    actor.require(found.organization_id, capability)
    return found
