import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from inference.choices import DeliveryStatus, DisabledWhy
from inference.querysets import WebhookEndpointQuerySet


class WebhookEndpoint(models.Model):
    """An address that is told of the ends of jobs, signed by Standard Webhooks."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(
        "accounts.Organization", on_delete=models.CASCADE, related_name="webhook_endpoints"
    )
    url = models.CharField(max_length=500)
    description = models.CharField(max_length=200, blank=True)
    encrypted_secret = models.TextField()
    # The secret before the last rotation, which signs beside the new one until then.
    encrypted_previous_secret = models.TextField(blank=True, db_default="")
    previous_until = models.DateTimeField(null=True, blank=True)
    # Whether the answer of a job goes with the news of its end.
    with_answer = models.BooleanField(default=True, db_default=True)
    # Empty for all; else such as `job.failed`.
    events = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    created_by = models.ForeignKey("accounts.User", on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    disabled_at = models.DateTimeField(null=True, blank=True)
    disabled_why = models.CharField(max_length=20, choices=DisabledWhy, blank=True, db_default="")
    # Since then, nothing that was sent has been taken.
    failing_since = models.DateTimeField(null=True, blank=True)

    objects = WebhookEndpointQuerySet.as_manager()

    class Meta:
        ordering = ("created_at", "id")
        constraints = (
            models.UniqueConstraint(fields=("organization", "url"), name="inference_webhookendpoint_once"),
        )

    def __str__(self) -> str:
        return self.url

    @property
    def is_overlapping(self) -> bool:
        """Whether messages are signed with the secret before as well."""
        return self.previous_until is not None and self.previous_until > timezone.now()


class WebhookDelivery(models.Model):
    """One message to one address, sent until it is taken or given up. Its id is the message's."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    endpoint = models.ForeignKey(
        WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries", db_index=False
    )
    job = models.ForeignKey("inference.Job", on_delete=models.CASCADE, null=True, related_name="deliveries")
    event = models.CharField(max_length=40)
    # The message as JSON. A job's answer is not in it, but put to it when it is sent, for as long as it is kept.
    body = models.TextField()
    status = models.CharField(max_length=20, choices=DeliveryStatus, default=DeliveryStatus.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    # Raised by each attempt, whose worker names it when it writes how that went.
    fence = models.PositiveIntegerField(default=0, db_default=0)
    # While an attempt is under way, when another worker may make the next one.
    next_attempt_at = models.DateTimeField(null=True, blank=True, default=timezone.now)
    response_status = models.PositiveSmallIntegerField(null=True, blank=True)
    error = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at", "-id")
        verbose_name_plural = "webhook deliveries"
        constraints = (
            models.CheckConstraint(
                condition=Q(status__in=DeliveryStatus.values), name="inference_webhookdelivery_status_known"
            ),
            models.CheckConstraint(
                condition=Q(status=DeliveryStatus.PENDING, next_attempt_at__isnull=False)
                | (~Q(status=DeliveryStatus.PENDING) & Q(next_attempt_at=None)),
                name="inference_webhookdelivery_pending_has_its_time",
            ),
        )
        indexes = (
            # What is due, of each endpoint.
            models.Index(
                fields=("endpoint", "next_attempt_at"),
                condition=Q(status=DeliveryStatus.PENDING),
                name="inference_webhook_due",
            ),
            # Lists of what was sent to an endpoint, newest first.
            models.Index(fields=("endpoint", "-created_at", "-id"), name="inference_webhook_newest"),
            # What is too old to be kept.
            models.Index(
                fields=("finished_at",),
                condition=Q(finished_at__isnull=False),
                name="inference_webhook_old",
            ),
        )

    def __str__(self) -> str:
        return f"{self.event} {self.id}"
