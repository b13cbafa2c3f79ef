"""Tenant-safe filters, named as verbs."""

from datetime import date
from typing import TYPE_CHECKING, Self

from django.db import models

if TYPE_CHECKING:
    from accounts.models import Organization, User
    from analytics.models import (  # noqa: F401 (in a base class)
        Cohort,
        Erasure,
        EventDefinition,
        Project,
        PropertyDefinition,
        Segment,
    )


class ProjectQuerySet(models.QuerySet["Project"]):
    def of(self, organization: "Organization") -> Self:
        return self.filter(organization=organization)

    def visible_to(self, user: "User") -> Self:
        """Projects of the organizations that this person is a member of."""
        return self.filter(organization__memberships__user=user)


class SegmentQuerySet(models.QuerySet["Segment"]):
    def live(self) -> Self:
        """In the manifest: not replaced by compaction."""
        return self.filter(retired_at=None)

    def overlapping(self, *, project_id: int, first_day: date | None, last_day: date | None) -> Self:
        """Live segments of a project with a day in this span; None leaves an end open."""
        found = self.live().filter(project_id=project_id)
        if first_day is not None:
            found = found.filter(last_day__gte=first_day)
        if last_day is not None:
            found = found.filter(first_day__lte=last_day)
        return found


class ErasureQuerySet(models.QuerySet["Erasure"]):
    def of(self, project: "Project") -> Self:
        return self.filter(project=project)

    def unfinished(self) -> Self:
        """Not done: what a person asked to have erased may still be on disk."""
        return self.exclude(status="done")


class CohortQuerySet(models.QuerySet["Cohort"]):
    def of(self, project_id: int) -> Self:
        return self.filter(project=project_id)

    def mentioning(self, text: str) -> Self:
        """With this text in the name or the description."""
        return self.filter(_mentions(text))

    def built_from(self, cohort_id: int) -> Self:
        """Those whose conditions name this cohort."""
        return self.filter(uses__contains=[cohort_id])


class EventDefinitionQuerySet(models.QuerySet["EventDefinition"]):
    def mentioning(self, text: str) -> Self:
        """With this text in the name or the description."""
        return self.filter(_mentions(text))


class PropertyDefinitionQuerySet(models.QuerySet["PropertyDefinition"]):
    def mentioning(self, text: str) -> Self:
        """With this text in the name or the description."""
        return self.filter(_mentions(text))

    def with_readings(self) -> Self:
        """With the readings at hand, and `volume`, `first_seen` and `last_seen` over all of them."""
        return self.prefetch_related("readings").annotate(
            volume=models.Sum("readings__volume"),
            first_seen=models.Min("readings__first_seen"),
            last_seen=models.Max("readings__last_seen"),
        )


def _mentions(text: str) -> models.Q:
    return models.Q(name__icontains=text) | models.Q(description__icontains=text)
