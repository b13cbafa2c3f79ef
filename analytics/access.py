"""The one door to a project and what belongs to it."""

from uuid import UUID

from accounts import keys
from accounts.access import Actor, organization_of_key
from accounts.errors import NotFound, Unauthenticated
from accounts.models import Organization
from accounts.permissions import Capability
from analytics.kinds.fields import HIGHEST_ID
from analytics.models import (
    Cohort,
    Erasure,
    EventDefinition,
    Import,
    Insight,
    Project,
    PropertyDefinition,
    QueryRun,
    Site,
    WriteKey,
)
from analytics.querysets import ProjectQuerySet


def project(actor: Actor, *, project_id: int, capability: Capability) -> Project:
    """The project of this id, if the actor may do this in its organization."""
    found = Project.objects.select_related("organization").filter(pk=project_id).first()
    return _permitted(actor, found, capability)


def projects(actor: Actor) -> ProjectQuerySet:
    """The projects whose data the actor may see: of the key's organization, or of all of the person's."""
    if actor.secret_key is not None:
        organization = organization_of_key(actor, capability=Capability.VIEW_DATA)
        return Project.objects.of(organization).select_related("organization")
    if actor.user is None:
        return Project.objects.none()
    return Project.objects.visible_to(actor.user).select_related("organization")


def readable_organization(actor: Actor) -> Organization:
    """The organization of the actor's secret key, which must allow to see its data."""
    return organization_of_key(actor, capability=Capability.VIEW_DATA)


def project_of_stats(organization: Organization, *, site_id: str) -> Project:
    """The project that a site, or a slug, means to a client of Plausible's API, if it is of this organization.

    Raises Unauthenticated for any other, as that API does.
    """
    own = Project.objects.of(organization)
    known = site_id.isprintable()
    found = own.filter(sites__name=site_id.lower()).first() if known else None
    found = found or (own.filter(slug=site_id).first() if known else None)
    if found is None:
        message = (
            "Invalid API key or site ID. Please make sure you're using a valid API key with access to the site."
        )
        raise Unauthenticated(message)
    return found


def project_by_slug(actor: Actor, *, organization: str, slug: str, capability: Capability) -> Project:
    """The project of this address, if the actor may do this in its organization."""
    found = (
        Project.objects.select_related("organization").filter(organization__slug=organization, slug=slug).first()
    )
    return _permitted(actor, found, capability)


def erasure(actor: Actor, *, project: Project, erasure_id: UUID) -> Erasure:
    """An erasure of a project, if the actor may see erasures there."""
    actor.require(project.organization_id, Capability.ERASE_PEOPLE)
    found = Erasure.objects.of(project).select_related("requested_by", "requested_with").filter(pk=erasure_id)
    if (one := found.first()) is None:
        raise NotFound("There is nothing here, or not for you.")
    return one


def project_of(text: str) -> Project:
    """The project that events with this key go to: a write key, or the name of a site (a domain, a website's id).

    Raises Unauthenticated for any other text.
    """
    if not text.startswith(keys.WRITE_PREFIX):
        return _project_of_site(text)
    found = WriteKey.objects.active().select_related("project").filter(hash=keys.digest(text)).first()
    if found is None:
        raise Unauthenticated("This write key is unknown or revoked.")
    WriteKey.objects.touch(found)
    return found.project


def event_definition(project: Project, *, definition_id: int) -> EventDefinition:
    """An event of a project that the actor was let into."""
    found = EventDefinition.objects.filter(project=project, pk=definition_id).first()
    if found is None:
        raise NotFound("The project has no such event.")
    return found


def property_definition(project: Project, *, definition_id: int) -> PropertyDefinition:
    """A property, with its readings, of a project that the actor was let into."""
    found = PropertyDefinition.objects.with_readings().filter(project=project, pk=definition_id).first()
    if found is None:
        raise NotFound("The project has no such property.")
    return found


def import_of(project: Project, *, import_id: UUID) -> Import:
    """An import of a project that the actor was let into."""
    found = project.imports.filter(pk=import_id).first()
    if found is None:
        raise NotFound("There is nothing here, or not for you.")
    return found


def insight(project: Project, *, insight_id: UUID, with_deleted: bool = False) -> Insight:
    """A saved insight of a project that the actor was let into; a deleted one only where that is wanted."""
    known = Insight.objects.select_related("project", "created_by", "updated_by").filter(project=project)
    found = (known if with_deleted else known.filter(deleted_at=None)).filter(pk=insight_id).first()
    if found is None:
        raise NotFound("There is nothing here, or not for you.")
    return found


def cohort(project: Project, *, cohort_id: int) -> Cohort:
    """A cohort of a project that the actor was let into."""
    known = Cohort.objects.of(project.pk).select_related("project__organization", "created_by", "updated_by")
    # Larger numbers are nobody's, and PostgreSQL refuses them.
    found = known.filter(pk=cohort_id).first() if cohort_id <= HIGHEST_ID else None
    if found is None:
        raise NotFound("There is nothing here, or not for you.")
    return found


def query_run(project: Project, *, run_id: UUID) -> QueryRun:
    """A long query of a project that the actor was let into."""
    found = QueryRun.objects.filter(project=project, pk=run_id).first()
    if found is None:
        raise NotFound("There is no such query, or it is too long ago.")
    return found


def _project_of_site(text: str) -> Project:
    # PostgreSQL raises for a NUL, instead of finding nothing.
    known = Site.objects.select_related("project") if text.isprintable() else Site.objects.none()
    found = known.filter(name=text.lower()).first()
    if found is None:
        raise Unauthenticated("This is no write key, and no site of a project.")
    return found.project


def site(actor: Actor, *, project_id: int, site_id: int, capability: Capability) -> Site:
    """A site of a project, if the actor may do this in the project's organization."""
    found = project(actor, project_id=project_id, capability=capability).sites.filter(pk=site_id).first()
    if found is None:
        raise NotFound("There is nothing here, or not for you.")
    return found


def _permitted(actor: Actor, found: Project | None, capability: Capability) -> Project:
    if found is None:
        raise NotFound("There is nothing here, or not for you.")
    actor.require(found.organization_id, capability)
    return found
