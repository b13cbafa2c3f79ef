import uuid
from datetime import datetime, timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from analytics.querysets import ErasureQuerySet

# From when on an erasure shows as late: the time that docs/privacy.md states.
DUE = timedelta(hours=24)


class Erasure(models.Model):
    """The erasure of one person's events received up to `requested_at`, their links and their traits.

    While it is open, `ids` are all ids of the person, and readings leave their events out. Once it is done the ids
    are destroyed; their keyed hashes stay (`queries.erasures.hash_of`), so that the receipt can be found again by
    somebody who has an id.
    """

    class Status(models.TextChoices):
        REQUESTED = "requested", "Requested"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        # The last attempt ended with `fault`; the next minute tries again.
        FAILED = "failed", "Failing"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(
        "analytics.Project", on_delete=models.CASCADE, related_name="erasures", db_index=False
    )
    requested_by = models.ForeignKey(
        "accounts.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    requested_with = models.ForeignKey(
        "accounts.SecretKey", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    requested_at = models.DateTimeField(default=timezone.now)
    # Of the client's key only a keyed hash.
    idempotency_key = models.CharField(max_length=255, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.REQUESTED)

    # The id that was asked for, whom it belongs to, and every id of theirs; destroyed at the end.
    asked_for = models.TextField(blank=True)
    person = models.TextField(blank=True)
    ids = ArrayField(models.TextField(), default=list, blank=True)
    # The first is of `asked_for`.
    hashes = ArrayField(models.CharField(max_length=64), default=list, blank=True)

    # What is gone so far: events in segments, segments rewritten, events that waited to be sealed, links, traits.
    events = models.PositiveBigIntegerField(default=0)
    segments = models.PositiveIntegerField(default=0)
    waiting_events = models.PositiveBigIntegerField(default=0)
    links = models.PositiveIntegerField(default=0)
    traits = models.PositiveIntegerField(default=0)

    # The segments whose files have to be gone from the disk.
    replaced = ArrayField(models.UUIDField(), default=list, blank=True)
    # From when on no live segment has a row of the person, and readings need not look for any.
    rewritten_at = models.DateTimeField(null=True, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    fault = models.TextField(blank=True)
    receipt = models.JSONField(default=dict, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = ErasureQuerySet.as_manager()

    class Meta:
        ordering = ("-requested_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=("project", "idempotency_key"),
                condition=~models.Q(idempotency_key=""),
                name="analytics_erasure_idempotent",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="done")
                | models.Q(asked_for="", person="", ids__len=0, finished_at__isnull=False),
                name="analytics_erasure_done_forgets",
            ),
        )
        indexes = (
            models.Index(fields=("project", "-requested_at"), name="analytics_erasure_by_project"),
            # Sealing and every snapshot ask for the open ones of a project.
            models.Index(fields=("project",), condition=~models.Q(status="done"), name="analytics_erasure_open"),
        )

    def __str__(self) -> str:
        return f"erasure {self.pk}, {self.status}"

    @property
    def is_done(self) -> bool:
        return self.status == self.Status.DONE

    @property
    def person_hash(self) -> str:
        """What is left of the id that was asked for."""
        return self.hashes[0]

    @property
    def all_events(self) -> int:
        """How many events are gone so far, stored or waiting to be."""
        return self.events + self.waiting_events

    @property
    def due_at(self) -> datetime:
        return self.requested_at + DUE

    @property
    def is_late(self) -> bool:
        return not self.is_done and timezone.now() > self.due_at
