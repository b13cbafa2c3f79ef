from django.db import models


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
