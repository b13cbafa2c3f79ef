from django.db import models
from django.utils import timezone


class StoredBatch(models.Model):
    """One insert into a store that is a database of its own; its number stands in every row.

    The row is there before the insert begins, and goes in the transaction that lets the inbox's rows go: while it
    is there, queries leave the batch out, and what is left of one that was never completed is swept. Batches of
    segments that were moved stay, as the memory of the move.
    """

    project = models.ForeignKey("analytics.Project", on_delete=models.CASCADE, related_name="+", db_index=False)
    created_at = models.DateTimeField(default=timezone.now)
    # The segment whose rows these are, where they were moved.
    segment = models.UUIDField(null=True, blank=True, editable=False)
    completed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "stored batches"
        constraints = (
            models.UniqueConstraint(
                fields=("segment",),
                condition=models.Q(completed_at__isnull=False),
                name="analytics_storedbatch_segment_once",
            ),
        )
        indexes = (
            # Every snapshot leaves out the open batches of its project.
            models.Index(
                fields=("project",),
                condition=models.Q(completed_at=None),
                name="analytics_storedbatch_open",
            ),
        )

    def __str__(self) -> str:
        return f"batch {self.pk} of project {self.project_id}"
