"""The one door to a project and what belongs to it."""

from uuid import UUID

from accounts import keys
from accounts.access import Actor, missing_organization, organization_of_key
from accounts.errors import NotFound, Unauthenticated
from accounts.models import Organization
from accounts.permissions import Capability
from analytics.fields import HIGHEST_ID
from analytics.models import (
    Cohort,
    Erasure,
    EventDefinition,
    Import,
    Insight,
    InsightShare,
    Project,
    PropertyDefinition,
    QueryRun,
    Site,
    WriteKey,
)
from analytics.queries import sensitive
from analytics.queries.sensitive import hidden_from
from analytics.querysets import InsightQuerySet, ProjectQuerySet
from analytics.sensitive import Hidden


def project(actor: Actor, *, project_id: int, capability: Capability) -> Project:
    """The project of this id, if the actor may do this in its organization."""
    found = _open_to(actor).select_related("organization").filter(pk=project_id).first()
    return _permitted(actor, found, capability)


def projects(actor: Actor) -> ProjectQuerySet:
    """The projects whose data the actor may see: the key's, or those of all of the person's organizations."""
    if actor.secret_key is not None:
        organization_of_key(actor, capability=Capability.VIEW_DATA)
        return Project.objects.open_to_key(actor.secret_key).select_related("organization")
    if actor.user is None:
        return Project.objects.none()
    return Project.objects.visible_to(actor.user).select_related("organization")


def known_projects(actor: Actor) -> ProjectQuerySet:
    """The projects that the actor may know of, whatever they may do there."""
    return _open_to(actor)


def named_projects(actor: Actor, organization: Organization) -> ProjectQuerySet:
    """The projects whose names the actor may read beside an organization's numbers; who pays reads all of them."""
    own = Project.objects.of(organization)
    if actor.user is not None and Capability.VIEW_BILLING in actor.capabilities_in(organization.pk):
        return own
    return own.filter(pk__in=_open_to(actor))


def require_reading_key(actor: Actor) -> None:
    """Raises Unauthenticated without a secret key, Forbidden where it does not allow to see data."""
    organization_of_key(actor, capability=Capability.VIEW_DATA)


def project_of_stats(actor: Actor, *, site_id: str) -> Project:
    """The project that a site, or a slug, means to a client of Plausible's API, if the key may see it.

    Raises Unauthenticated for any other, as that API does.
    """
    own = projects(actor)
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
        _open_to(actor).select_related("organization").filter(organization__slug=organization, slug=slug).first()
    )
    if found is None:
        raise missing_organization(actor, slug=organization)
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


def insights(actor: Actor, project: Project) -> InsightQuerySet:
    """The saved insights of a project that the actor was let into: not those that are somebody else's alone, nor
    those that ask about what is hidden from the actor.
    """
    hidden = hidden_from(actor, project)
    found = Insight.objects.of(project).open_to(actor.user).with_shared()
    return found.naming_none(fields=hidden.fields, properties=hidden.in_events)


def insight(actor: Actor, project: Project, *, insight_id: UUID, with_deleted: bool = False) -> Insight:
    """A saved insight of a project that the actor was let into; a deleted one only where that is wanted.

    Raises Forbidden, naming the fields, where it asks about what is hidden from the actor.
    """
    known = Insight.objects.open_to(actor.user).with_shared().select_related("project", "created_by", "updated_by")
    found = known.filter(project=project, pk=insight_id).first()
    if found is None or (found.deleted_at is not None and not with_deleted):
        raise NotFound("There is nothing here, or not for you.")
    sensitive.require(found.spec, hidden_from(actor, project), within="spec.")
    return found


def share(token: str) -> InsightShare:
    """The live link with this token; raises NotFound for any other text."""
    found = InsightShare.objects.opened_by(keys.digest(token))
    if found is None:
        raise NotFound("This link was revoked, is over, or is not whole.")
    return found


def share_of(insight: Insight, *, share_id: int) -> InsightShare:
    """A link to an insight that the actor was let into, in whatever state."""
    known = insight.shares.select_related("insight__project")
    found = known.filter(pk=share_id).first() if share_id <= HIGHEST_ID else None
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


def query_run(actor: Actor, project: Project, *, run_id: UUID) -> QueryRun:
    """A long query of a project that the actor was let into; none whose answer shows what is hidden from them."""
    found = QueryRun.objects.filter(project=project, pk=run_id).first()
    if found is None or not hidden_from(actor, project) <= Hidden.from_json(found.hidden):
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


def _open_to(actor: Actor) -> ProjectQuerySet:
    """Where the actor may be told what they may not do; anything else is not there for them."""
    if actor.secret_key is not None:
        return Project.objects.open_to_key(actor.secret_key)
    return Project.objects.none() if actor.user is None else Project.objects.open_to(actor.user)


def _permitted(actor: Actor, found: Project | None, capability: Capability) -> Project:
    if found is None:
        raise NotFound("There is nothing here, or not for you.")
    actor.require(found.organization_id, capability)
    return found
