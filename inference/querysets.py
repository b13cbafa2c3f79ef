"""Tenant-safe filters, named as verbs."""

from typing import TYPE_CHECKING, Self

from django.db import models

if TYPE_CHECKING:
    from accounts.models import Organization
    from inference.models import Job  # noqa: F401 (in a base class)


class JobQuerySet(models.QuerySet["Job"]):
    def of(self, organization: "Organization") -> Self:
        return self.filter(organization=organization)

    def finished(self) -> Self:
        """Ended, whether well or not."""
        return self.filter(finished_at__isnull=False)

    def mentioning(self, text: str) -> Self:
        """With this text in what was asked or answered, or an id that begins with it."""
        asked = models.Q(input__text__icontains=text) | models.Q(input__prompt__icontains=text)
        return self.filter(asked | models.Q(output__icontains=text) | models.Q(id__istartswith=text))
