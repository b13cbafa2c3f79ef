from django.db import models
from django.utils import timezone

from analytics.contracts import DropReason


class InboxEntry(models.Model):
    """The accepted events of one request, until they are sealed: a write-ahead log.

    `payload` is zstd-compressed JSON (`contracts.encode_events`).
    """

    project = models.ForeignKey("analytics.Project", on_delete=models.CASCADE, related_name="+", db_index=False)
    received_at = models.DateTimeField(default=timezone.now)
    events = models.PositiveIntegerField()
    payload = models.BinaryField()

    class Meta:
        verbose_name_plural = "inbox entries"
        # Sealing reads one project's entries in the order of arrival.
        indexes = (models.Index(fields=("project", "id"), name="analytics_inbox_by_project"),)

    def __str__(self) -> str:
        return f"{self.events} events received at {self.received_at}"


class DropCount(models.Model):
    """How many events of a project were not kept on a day (UTC), by reason."""

    project = models.ForeignKey("analytics.Project", on_delete=models.CASCADE, related_name="drop_counts")
    day = models.DateField()
    reason = models.CharField(max_length=20, choices=[(reason.value, reason.value) for reason in DropReason])
    events = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("project", "day", "reason"), name="analytics_dropcount_unique"),
        )

    def __str__(self) -> str:
        return f"{self.events} × {self.reason} on {self.day}"
