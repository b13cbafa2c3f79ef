"""Tenant-safe filters, named as verbs."""

from typing import TYPE_CHECKING, Self

from django.db import models

if TYPE_CHECKING:
    from accounts.models import Organization
    from analytics.querysets import ProjectQuerySet
    from inference.models import Batch, Job, WebhookEndpoint  # noqa: F401 (in base classes)


class JobQuerySet(models.QuerySet["Job"]):
    def of(self, organization: "Organization") -> Self:
        return self.filter(organization=organization)

    def in_projects(self, projects: "ProjectQuerySet") -> Self:
        """Of one of these projects, or of their organization as a whole."""
        return self.filter(models.Q(project=None) | models.Q(project__in=projects.values("pk")))

    def finished(self) -> Self:
        """Ended, whether well or not."""
        return self.filter(finished_at__isnull=False)

    def mentioning(self, text: str) -> Self:
        """With this text in what was asked or answered, or an id that begins with it."""
        asked = models.Q(input__text__icontains=text) | models.Q(input__prompt__icontains=text)
        return self.filter(asked | models.Q(output__icontains=text) | models.Q(id__istartswith=text))


class WebhookEndpointQuerySet(models.QuerySet["WebhookEndpoint"]):
    def of(self, organization: "Organization") -> Self:
        return self.filter(organization=organization)

    def told_of(self, event: str) -> Self:
        """Those that are on and want to hear of such events."""
        wanted = models.Q(events=[]) | models.Q(events__contains=[event])
        return self.filter(wanted, disabled_at=None)


class BatchQuerySet(models.QuerySet["Batch"]):
    def of(self, organization: "Organization") -> Self:
        return self.filter(organization=organization)

    def in_projects(self, projects: "ProjectQuerySet") -> Self:
        """Of one of these projects, or of their organization as a whole."""
        return self.filter(models.Q(project=None) | models.Q(project__in=projects.values("pk")))
