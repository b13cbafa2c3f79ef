import uuid

from django.db import models
from django.utils import timezone

from analytics.ingestion.files.formats import Format


class State(models.TextChoices):
    UPLOADED = "uploaded", "Uploaded"
    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


OPEN_STATES = (State.UPLOADED, State.QUEUED, State.RUNNING)


class Import(models.Model):
    """A file of past events that is read in the background.

    Each chunk of its rows is accepted in one transaction with `rows`, the place up to which the file is read: what
    is counted here is in the inbox, whatever died. A worker holds it by a lease; each lease raises `fence`, and
    who has lost it writes nothing.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(
        "analytics.Project", on_delete=models.CASCADE, related_name="imports", db_index=False
    )
    format = models.CharField(max_length=20, choices=[(item.value, item.value) for item in Format])
    # What the format's reader is told: for a table the columns, for a log the site's own host.
    options = models.JSONField(default=dict, blank=True)
    file_name = models.CharField(max_length=255)
    file_bytes = models.PositiveBigIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.UPLOADED)

    # Where reading goes on: rows done, and the reader's own mark in the unpacked file.
    rows = models.PositiveBigIntegerField(default=0)
    mark_offset = models.PositiveBigIntegerField(default=0)
    mark_line = models.PositiveBigIntegerField(default=0)
    # Of `file_bytes`, for the bar.
    bytes_read = models.PositiveBigIntegerField(default=0)

    accepted = models.PositiveBigIntegerField(default=0)
    dropped = models.PositiveBigIntegerField(default=0)
    unreadable = models.PositiveBigIntegerField(default=0)
    # The first lines that cannot be read: [{"line": 7, "reason": "…"}].
    complaints = models.JSONField(default=list, blank=True)
    # Why the file as a whole cannot be imported, or why reading waits.
    problem = models.TextField(blank=True)

    created_by = models.ForeignKey(
        "accounts.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_with = models.ForeignKey(
        "accounts.SecretKey", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    fence = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    # Leases in a row that brought nothing.
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ("-created_at", "-id")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(state__in=State.values), name="analytics_import_state_known"
            ),
        )
        indexes = (
            models.Index(fields=("project", "-created_at"), name="analytics_import_by_project"),
            # Beat looks for imports that nobody works on.
            models.Index(
                fields=("lease_until",),
                condition=models.Q(state__in=("queued", "running")),
                name="analytics_import_to_do",
            ),
        )

    def __str__(self) -> str:
        return f"{self.file_name} ({self.format})"

    @property
    def is_open(self) -> bool:
        """It may still be cancelled."""
        return self.state in OPEN_STATES


class ImportedTotal(models.Model):
    """A row of daily totals that another tool exported: no events lie behind it, so it is kept as it came.

    `topic` is the export's table (visitors, pages, sources, …), `labels` what the row is about, `figures` its
    numbers. One row for the same topic, day and labels: a newer export replaces it.
    """

    project = models.ForeignKey(
        "analytics.Project", on_delete=models.CASCADE, related_name="imported_totals", db_index=False
    )
    source = models.ForeignKey(Import, on_delete=models.SET_NULL, null=True, related_name="totals")
    tool = models.CharField(max_length=20)
    topic = models.CharField(max_length=40)
    day = models.DateField()
    labels = models.JSONField(default=dict)
    # Of the labels: long ones would not fit an index.
    digest = models.CharField(max_length=32)
    figures = models.JSONField(default=dict)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("project", "tool", "topic", "day", "digest"), name="analytics_importedtotal_unique"
            ),
        )

    def __str__(self) -> str:
        return f"{self.topic} of {self.day}"
