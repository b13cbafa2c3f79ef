"""What the views of a project share on entering: who asks, which project, may they."""

from django.http import HttpRequest

from accounts.access import Actor
from accounts.permissions import Capability
from analytics import access
from analytics.models import Project


def entered(request: HttpRequest, organization: str, project: str, capability: Capability) -> Project:
    """The project of this address, if who asks may do this; else the errors of the access door."""
    return access.project_by_slug(
        Actor.of(request), organization=organization, slug=project, capability=capability
    )


def viewable(request: HttpRequest, organization: str, project: str) -> Project:
    return entered(request, organization, project, Capability.VIEW_DATA)
