from datetime import datetime

from django.db import models
from django.utils import timezone

from analytics.querysets import InsightShareQuerySet


class InsightShare(models.Model):
    """A public link to an insight's answer. Only the hash of its token is kept; whoever has the link may look."""

    insight = models.ForeignKey("analytics.Insight", on_delete=models.CASCADE, related_name="shares")
    hash = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(max_length=12, editable=False)
    # Whether other sites may show it in a frame.
    may_embed = models.BooleanField(default=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_by = models.ForeignKey(
        "accounts.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = InsightShareQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")

    def __str__(self) -> str:
        return f"{self.hint}…"

    def is_live_at(self, moment: datetime) -> bool:
        """Neither revoked nor over."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > moment)

    @property
    def is_live(self) -> bool:
        return self.is_live_at(timezone.now())
