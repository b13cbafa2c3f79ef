import uuid

from django.db import models
from django.utils import timezone


class QueryRun(models.Model):
    """A query that takes longer than who asked wanted to wait: how it stands, and for a while its answer.

    The process that computes it renews the lease. Where that process died, the lease runs out, and whoever comes
    for the answer has it computed again.
    """

    class State(models.TextChoices):
        QUEUED = "queued", "Waiting for its turn"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    UNFINISHED = (State.QUEUED, State.RUNNING)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey("analytics.Project", on_delete=models.CASCADE, related_name="query_runs")
    requested_by = models.ForeignKey(
        "accounts.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    requested_with = models.ForeignKey(
        "accounts.SecretKey", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    spec = models.JSONField()
    # What its answer leaves out (`sensitive.Hidden`): it is for those alone from whom no more is hidden.
    hidden = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    # How many queries begin before it, and it; as its process last said.
    position = models.PositiveIntegerField(default=0)
    # What it will read at most, as the manifest said; bytes and files only where there are files.
    estimated_rows = models.PositiveBigIntegerField()
    estimated_bytes = models.PositiveBigIntegerField(null=True, blank=True)
    estimated_files = models.PositiveIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    finished_at = models.DateTimeField(null=True, blank=True)
    # As `queries.answers.encoded` gives it, compressed.
    answer = models.BinaryField(null=True, editable=False)
    # The body of the error, and its status.
    error = models.JSONField(null=True, blank=True)
    error_status = models.PositiveSmallIntegerField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=1)
    lease_expires_at = models.DateTimeField()

    class Meta:
        ordering = ("-created_at",)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(state="done", answer__isnull=False)
                | (~models.Q(state="done") & models.Q(answer=None)),
                name="analytics_queryrun_done_has_its_answer",
            ),
            models.CheckConstraint(
                condition=models.Q(state="failed", error__isnull=False)
                | (~models.Q(state="failed") & models.Q(error=None)),
                name="analytics_queryrun_failed_says_why",
            ),
        )
        indexes = (
            # Old ones are swept.
            models.Index(fields=("created_at",), name="analytics_queryrun_age"),
        )

    def __str__(self) -> str:
        return f"query {self.id}"

    @property
    def is_finished(self) -> bool:
        return self.state not in self.UNFINISHED
