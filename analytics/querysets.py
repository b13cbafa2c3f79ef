"""Tenant-safe filters, named as verbs."""

import json
from collections.abc import Collection, Iterable
from datetime import date
from typing import TYPE_CHECKING, Self

from django.db import models
from django.utils import timezone

from accounts.permissions import ROLE_CAPABILITIES, Capability, roles_with

if TYPE_CHECKING:
    from accounts.models import Organization, SecretKey, User
    from analytics.models import (  # noqa: F401 (in a base class)
        Cohort,
        Erasure,
        EventDefinition,
        Insight,
        InsightShare,
        Project,
        PropertyDefinition,
        Segment,
    )


class ProjectQuerySet(models.QuerySet["Project"]):
    def of(self, organization: "Organization") -> Self:
        return self.filter(organization=organization)

    def visible_to(self, user: "User") -> Self:
        """Projects whose data this person may see."""
        return self._known_to(user, roles_with(Capability.VIEW_DATA))

    def open_to(self, user: "User") -> Self:
        """Projects that this person may know of, whatever their role lets them do there."""
        return self._known_to(user, list(ROLE_CAPABILITIES))

    def open_to_key(self, key: "SecretKey") -> Self:
        """Projects of the key's organization, or those of them that it is limited to."""
        own = self.filter(organization=key.organization_id)
        return own if key.project_ids is None else own.filter(pk__in=key.project_ids)

    def _known_to(self, user: "User", roles: list[str]) -> Self:
        """Of the organizations where a person has such a role; of the limited ones those that they manage, or are
        chosen for.
        """
        chosen = self.model.objects.filter(chosen__membership__user=user).values("pk")
        managing = roles_with(Capability.MANAGE_PROJECTS)
        return self.filter(
            models.Q(is_limited=False)
            | models.Q(organization__memberships__role__in=managing)
            | models.Q(pk__in=chosen),
            organization__memberships__user=user,
            organization__memberships__role__in=roles,
        )


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


# Of a spec, the fields whose names end so hold a property by its bare name.
_PROPERTIES = (
    'strict $.** ? (@.type() == "object").keyvalue() ? (@.key like_regex "property$" && @.value == $names[*])'
)


class NamesOneOf(models.Func):
    """Whether a column of JSON names one of some fields: as a text anywhere, or as the bare name of a property."""

    template = "jsonb_path_exists(%(expressions)s)"
    output_field = models.BooleanField()

    def __init__(self, column: str, path: str, names: Iterable[str]) -> None:
        given = json.dumps({"names": sorted(names)})
        super().__init__(models.F(column), _Cast(path, as_="jsonpath"), _Cast(given, as_="jsonb"))


class _Cast(models.Func):
    template = "(%(expressions)s)::%(as_)s"

    def __init__(self, text: str, *, as_: str) -> None:
        super().__init__(models.Value(text), as_=as_)


class InsightQuerySet(models.QuerySet["Insight"]):
    def of(self, project: "Project") -> Self:
        """Of a project, those that were not deleted."""
        return self.filter(project=project, deleted_at=None)

    def open_to(self, user: "User | None") -> Self:
        """Those for the organization, and private ones of this person; a key is nobody.

        What somebody kept private who is not a member any more, the owners see.
        """
        shown = models.Q(visibility="organization")
        if user is None:
            return self.filter(shown)
        members = models.Q(project__organization__memberships__user=models.F("created_by"))
        abandoned = models.Q(created_by=None) | ~models.Q(pk__in=self.model.objects.filter(members).values("pk"))
        owners = roles_with(Capability.MANAGE_OWNERS)
        owned = self.model.objects.filter(
            project__organization__memberships__user=user, project__organization__memberships__role__in=owners
        ).values("pk")
        return self.filter(shown | models.Q(created_by=user) | (abandoned & models.Q(pk__in=owned)))

    def with_shared(self) -> Self:
        """With `is_shared`: whether a public link shows it."""
        live = self.model.objects.filter(pk=models.OuterRef("pk")).filter(
            models.Q(shares__expires_at=None) | models.Q(shares__expires_at__gt=timezone.now()),
            shares__isnull=False,
            shares__revoked_at=None,
        )
        return self.annotate(is_shared=models.Exists(live))

    def naming_none(self, *, fields: Collection[str], properties: Collection[str]) -> Self:
        """Those whose spec names none of these fields, nor one of these properties by its bare name."""
        if not fields:
            return self
        return self.exclude(NamesOneOf("spec", "strict $.** ? (@ == $names[*])", fields)).exclude(
            NamesOneOf("spec", _PROPERTIES, properties)
        )


class InsightShareQuerySet(models.QuerySet["InsightShare"]):
    def live(self) -> Self:
        """Neither revoked nor over."""
        still = models.Q(expires_at=None) | models.Q(expires_at__gt=timezone.now())
        return self.filter(still, revoked_at=None)

    def opened_by(self, digest: str) -> "InsightShare | None":
        """The live link with this token, to an insight that is there and not private any more."""
        known = self.live().select_related("insight__project__organization")
        shown = known.filter(insight__deleted_at=None, insight__visibility="organization")
        return shown.filter(hash=digest).first()


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
