from django.db import models
from django.utils import timezone

from accounts.models import Organization


class UsageCount(models.Model):
    """How many events of a project were kept that arrived on a day (UTC): each counted once, when it is sealed.

    The count outlives the events: neither retention nor erasure takes from it.
    """

    project = models.ForeignKey("analytics.Project", on_delete=models.CASCADE, related_name="usage_counts")
    day = models.DateField()
    events = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("project", "day"), name="analytics_usagecount_unique"),)

    def __str__(self) -> str:
        return f"{self.events} events on {self.day}"


class QuotaNotice(models.Model):
    """That an organization's people were told of a threshold in a month: once each, whatever is run twice."""

    class Threshold(models.TextChoices):
        WARN = "warn", "Close to the quota"
        OVER = "over", "Over the quota"
        REFUSED = "refused", "Events are refused"

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="quota_notices")
    month = models.DateField(help_text="Its first day.")
    threshold = models.CharField(max_length=10, choices=Threshold)
    # Nobody is told of a threshold that was passed together with a higher one.
    recipients = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("organization", "month", "threshold"), name="analytics_quotanotice_unique"
            ),
            models.CheckConstraint(
                condition=models.Q(threshold__in=("warn", "over", "refused")),
                name="analytics_quotanotice_threshold_known",
            ),
        )

    def __str__(self) -> str:
        return f"{self.threshold} in {self.month:%B %Y}"
