import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from inference.choices import Priority, Task
from inference.querysets import BatchQuerySet


class Batch(models.Model):
    """Many jobs of one task, created, priced, followed and cancelled together; their rows hold how far it is."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(
        "accounts.Organization", on_delete=models.CASCADE, related_name="batches", db_index=False
    )
    project = models.ForeignKey(
        "analytics.Project", on_delete=models.CASCADE, null=True, blank=True, related_name="batches"
    )
    created_by = models.ForeignKey(
        "accounts.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_with = models.ForeignKey(
        "accounts.SecretKey", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    name = models.CharField(max_length=200, blank=True)
    task = models.CharField(max_length=20, choices=Task)
    priority = models.SmallIntegerField(choices=Priority, default=Priority.LOW)
    total = models.PositiveIntegerField()
    # What was held for all of it when it was created, in micro-units; null where its model has no price.
    most_cost = models.PositiveBigIntegerField(null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    finished_at = models.DateTimeField(null=True, blank=True)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    idempotency_key = models.CharField(max_length=255, blank=True)
    idempotency_hash = models.CharField(max_length=64, blank=True)

    objects = BatchQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        verbose_name_plural = "batches"
        constraints = (
            models.CheckConstraint(condition=Q(task__in=Task.values), name="inference_batch_task_known"),
            models.CheckConstraint(condition=Q(total__gte=1), name="inference_batch_not_empty"),
            models.UniqueConstraint(
                fields=("organization", "idempotency_key"),
                condition=~Q(idempotency_key=""),
                name="inference_batch_idempotency_unique",
            ),
        )
        indexes = (models.Index(fields=("organization", "-created_at", "-id"), name="inference_batch_newest"),)

    def __str__(self) -> str:
        return self.name or f"{self.total} × {self.task}"
