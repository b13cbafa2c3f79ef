from django.db import models
from django.utils import timezone

from accounts.models.organizations import Organization


class FormerSlug(models.Model):
    """A slug that an organization had before: it leads to the present one, and nobody else gets it."""

    slug = models.SlugField(max_length=60, unique=True)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="former_slugs")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ("-created_at", "-id")

    def __str__(self) -> str:
        return self.slug
