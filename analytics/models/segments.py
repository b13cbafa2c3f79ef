import uuid
from pathlib import Path

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from analytics.querysets import SegmentQuerySet


class Manifest(models.Model):
    """The state of one project's stored events. Every change of its segments, links or erasures raises `version`.

    Its row is the lock: who writes the project's segments holds it.
    """

    project = models.OneToOneField(
        "analytics.Project", on_delete=models.CASCADE, primary_key=True, related_name="manifest"
    )
    version = models.PositiveBigIntegerField(default=0)
    data_up_to = models.DateTimeField(null=True, blank=True)
    # Where a database keeps the events: the last complete batch, and up to when the rows know of links.
    last_batch = models.PositiveBigIntegerField(default=0, db_default=0)
    people_known_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"manifest of project {self.project_id}, version {self.version}"


class Segment(models.Model):
    """One immutable Parquet file with events of one project and a span of days (UTC)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(
        "analytics.Project", on_delete=models.CASCADE, related_name="segments", db_index=False
    )
    first_day = models.DateField()
    last_day = models.DateField()
    time_min = models.DateTimeField()
    time_max = models.DateTimeField()
    rows = models.PositiveBigIntegerField()
    bytes = models.PositiveBigIntegerField()
    checksum = models.CharField(max_length=64)
    # Which property columns the file has, e.g. "n:price": a query names only columns that exist.
    property_columns = ArrayField(models.TextField(), default=list)
    # Whether a summary of its runs stands beside the file; compaction writes it.
    is_summarized = models.BooleanField(default=False, db_default=False)
    created_at = models.DateTimeField(default=timezone.now)
    # Replaced by compaction: not in the manifest any more, its file kept until no running query can hold it.
    retired_at = models.DateTimeField(null=True, blank=True)

    objects = SegmentQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(last_day__gte=models.F("first_day")),
                name="analytics_segment_days_in_order",
            ),
            models.CheckConstraint(condition=models.Q(rows__gt=0), name="analytics_segment_has_rows"),
        )
        indexes = (
            # Every query takes the live segments of a project that overlap its period.
            models.Index(
                fields=("project", "first_day"),
                condition=models.Q(retired_at=None),
                name="analytics_segment_live",
            ),
        )

    def __str__(self) -> str:
        return f"{self.rows} events of {self.first_day} to {self.last_day}"

    @property
    def relative_path(self) -> Path:
        """Where the file is, below the store's folder."""
        return Path(str(self.project_id)) / f"{self.first_day:%Y-%m}" / f"{self.id}.parquet"
