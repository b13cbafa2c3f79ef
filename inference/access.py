"""The one door to jobs and batches, and to what an organization set up for them."""

from typing import TypeVar
from uuid import UUID

from django.db.models import QuerySet

from accounts.access import Actor
from accounts.errors import FieldError, Forbidden, Invalid, NotFound
from accounts.models import Organization
from accounts.permissions import Capability
from analytics.access import known_projects
from analytics.fields import HIGHEST_ID
from analytics.models import Project
from inference.models import (
    Alias,
    Batch,
    Credential,
    Job,
    PromptTemplate,
    PromptVersion,
    WebhookDelivery,
    WebhookEndpoint,
)
from inference.queries.costs import Seen
from inference.querysets import BatchQuerySet, JobQuerySet, WebhookEndpointQuerySet

_T = TypeVar("_T")


def job(actor: Actor, *, job_id: UUID, capability: Capability, organization: str = "") -> Job:
    """The job of this id, if the actor may do this in its organization; with a slug, only of that one.

    One of a limited project is not there for those who are not chosen for it.
    """
    known = Job.objects.select_related(
        "organization", "project", "created_by", "created_with", "prompt_version__template"
    )
    found = known.in_projects(known_projects(actor)).filter(pk=job_id).first()
    if found is None or (organization and found.organization.slug != organization):
        raise NotFound("There is nothing here, or not for you.")
    actor.require(found.organization_id, capability)
    return found


def jobs(actor: Actor, *, organization: Organization) -> JobQuerySet:
    """The jobs of an organization that the actor was let into, without those of projects that are not for them."""
    return Job.objects.of(organization).in_projects(known_projects(actor))


def seen(actor: Actor, *, organization: Organization) -> Seen:
    """Of which of its projects the actor sees what LLM work cost: of those whose jobs they see."""
    known = dict(known_projects(actor).filter(organization=organization).values_list("pk", "name"))
    return Seen(organization.pk, known, whole=len(known) == Project.objects.of(organization).count())


def project_named(
    actor: Actor, *, organization: Organization, project: str | None, field: str = "project"
) -> Project | None:
    """The organization's project of this id or slug, which a request names in this field.

    Without a name it is the only one that a key is for, if there is one. Raises Invalid where there is none that
    the actor may see, and where a key that is limited to several projects names none of them: what holds for a
    project is not to be got round by leaving its name out.
    """
    known = known_projects(actor).filter(organization=organization)
    if project is None:
        return _only_one(actor, known, field)
    is_id = project.isdecimal() and int(project) <= HIGHEST_ID
    found = (known.filter(pk=int(project)).first() if is_id else None) or known.filter(slug=project).first()
    if found is None:
        message = "Not a project of this organization that you may see."
        raise Invalid("There is no such project.", fields=[FieldError(field, message)])
    return found


def _only_one(actor: Actor, known: "QuerySet[Project]", field: str) -> Project | None:
    if actor.secret_key is None or actor.secret_key.project_ids is None:
        return None
    own = list(known[:2])
    if len(own) != 1:
        message = "This key is limited to projects: name one of them."
        raise Invalid(message, fields=[FieldError(field, message)])
    return own[0]


def webhooks(actor: Actor, *, organization: Organization) -> WebhookEndpointQuerySet:
    """The webhooks of an organization, if the actor may set them up, and see the jobs that they tell of.

    Raises Forbidden for who may not, and for keys that are limited to projects: a webhook tells of every one.
    """
    actor.require(organization.pk, Capability.VIEW_JOBS)
    actor.require(organization.pk, Capability.MANAGE_WEBHOOKS)
    if actor.secret_key is not None and actor.secret_key.project_ids is not None:
        raise Forbidden("This key is limited to projects, and webhooks are told of all of them.")
    return WebhookEndpoint.objects.of(organization).select_related("organization")


def webhook(actor: Actor, *, organization: Organization, endpoint_id: UUID) -> WebhookEndpoint:
    """One of them."""
    found = webhooks(actor, organization=organization).filter(pk=endpoint_id).first()
    if found is None:
        raise NotFound("There is nothing here, or not for you.")
    return found


def delivery(endpoint: WebhookEndpoint, *, delivery_id: UUID) -> WebhookDelivery:
    """What was sent, or is to be, to an endpoint that the actor was let into."""
    found = endpoint.deliveries.select_related("endpoint").filter(pk=delivery_id).first()
    if found is None:
        raise NotFound("There is nothing here, or not for you.")
    return found


def credential(organization: Organization, *, credential_id: int) -> Credential:
    """A key for a provider of an organization that the actor was let into, a revoked one as well."""
    own = Credential.objects.filter(organization=organization).select_related("organization", "created_by")
    return _found(own.filter(pk=credential_id).first() if credential_id < 2**63 else None)


def alias(organization: Organization, *, name: str) -> Alias:
    """An alias of an organization that the actor was let into; the installation's are staff's."""
    return _found(Alias.objects.filter(organization=organization, name=name).first())


def _found(thing: _T | None) -> _T:
    if thing is None:
        raise NotFound("There is nothing here, or not for you.")
    return thing


def batches(actor: Actor, *, organization: Organization) -> BatchQuerySet:
    """The batches of an organization that the actor was let into, by the same rules as its jobs."""
    return Batch.objects.of(organization).in_projects(known_projects(actor))


def batch(actor: Actor, *, batch_id: UUID, capability: Capability, organization: str = "") -> Batch:
    """The batch of this id, by the same rules."""
    known = Batch.objects.select_related("organization", "project", "created_by", "created_with")
    found = known.in_projects(known_projects(actor)).filter(pk=batch_id).first()
    if found is None or (organization and found.organization.slug != organization):
        raise NotFound("There is nothing here, or not for you.")
    actor.require(found.organization_id, capability)
    return found


def prompt(organization: Organization, *, slug: str) -> PromptTemplate:
    """A prompt of an organization that the actor was let into, an archived one as well."""
    known = PromptTemplate.objects.filter(organization=organization).select_related("organization", "created_by")
    return _found(known.filter(slug=slug).first())


def prompt_version(prompt: PromptTemplate, *, number: int) -> PromptVersion:
    """One of its versions."""
    return _found(prompt.versions.filter(number=number).first() if number < 2**31 else None)
