from django.db import models
from django.utils import timezone

from accounts.models.organizations import Organization


class UsageNotice(models.Model):
    """That an organization's people were told of a threshold in a month: once each, whatever is run twice."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="usage_notices")
    month = models.DateField(help_text="Its first day.")
    # `events` and `tokens` of the plan's quotas, `cost:USD` of the cap in a currency, `cost:USD:project:7` and
    # `cost:USD:key:7` of one project's or key's.
    subject = models.CharField(max_length=40)
    percent = models.PositiveSmallIntegerField(help_text="Of the quota or cap.")
    # Nobody is told of a threshold that was passed together with a higher one.
    recipients = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("organization", "month", "subject", "percent"), name="accounts_usagenotice_unique"
            ),
        )

    def __str__(self) -> str:
        return f"{self.percent} % of {self.subject} in {self.month:%B %Y}"
