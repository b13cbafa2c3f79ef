import uuid
from datetime import timedelta

from django.db import models
from django.utils import timezone

from inference.choices import FINISHED, FinishReason, ProviderName, Status, Task
from inference.querysets import JobQuerySet


class Job(models.Model):
    """One LLM call, durable: this row holds the truth; Celery and Redis only carry news of it.

    A worker holds a job by a lease. Each lease raises `fence`, and every write of a worker names the fence it was
    given, so a worker that lost its lease writes nothing and the job finishes once.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(
        "accounts.Organization", on_delete=models.CASCADE, related_name="jobs", db_index=False
    )
    created_by = models.ForeignKey(
        "accounts.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_with = models.ForeignKey(
        "accounts.SecretKey", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    task = models.CharField(max_length=20, choices=Task)
    input = models.JSONField()
    provider = models.CharField(max_length=20, choices=ProviderName)
    model = models.CharField(max_length=200)

    status = models.CharField(max_length=20, choices=Status, default=Status.QUEUED)
    output = models.TextField(blank=True)
    finish_reason = models.CharField(max_length=20, choices=FinishReason, blank=True)
    error_code = models.CharField(max_length=40, blank=True)
    error_message = models.TextField(blank=True)
    # As the provider counted them; input tokens include cached ones. Null until it has said.
    tokens_input = models.PositiveIntegerField(null=True, blank=True)
    tokens_output = models.PositiveIntegerField(null=True, blank=True)

    created_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField(null=True, blank=True)
    first_token_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)

    attempts = models.PositiveSmallIntegerField(default=0)
    run_after = models.DateTimeField(default=timezone.now)
    lease_owner = models.CharField(max_length=64, blank=True)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    fence = models.PositiveIntegerField(default=0)

    idempotency_key = models.CharField(max_length=255, blank=True)
    idempotency_hash = models.CharField(max_length=64, blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        constraints = (
            models.CheckConstraint(condition=models.Q(task__in=Task.values), name="inference_job_task_known"),
            models.CheckConstraint(
                condition=models.Q(provider__in=ProviderName.values), name="inference_job_provider_known"
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=Status.values), name="inference_job_status_known"
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=FINISHED, finished_at__isnull=False)
                | (~models.Q(status__in=FINISHED) & models.Q(finished_at=None)),
                name="inference_job_finished_has_its_time",
            ),
            models.CheckConstraint(
                condition=models.Q(status=Status.RUNNING, lease_expires_at__isnull=False)
                | (~models.Q(status=Status.RUNNING) & models.Q(lease_expires_at=None)),
                name="inference_job_running_has_a_lease",
            ),
            models.CheckConstraint(
                condition=(models.Q(status=Status.FAILED) & ~models.Q(error_code=""))
                | (~models.Q(status=Status.FAILED) & models.Q(error_code="")),
                name="inference_job_failed_says_why",
            ),
            models.UniqueConstraint(
                fields=("organization", "idempotency_key"),
                condition=~models.Q(idempotency_key=""),
                name="inference_job_idempotency_unique",
            ),
        )
        indexes = (
            # Lists of an organization's jobs, newest first, page by page.
            models.Index(fields=("organization", "-created_at", "-id"), name="inference_job_newest"),
            # The runner takes each organization's oldest waiting jobs.
            models.Index(
                fields=("organization", "created_at"),
                condition=models.Q(status=Status.QUEUED),
                name="inference_job_waiting",
            ),
            # The runner counts what each organization has in flight and finds leases that ran out.
            models.Index(
                fields=("lease_expires_at",),
                condition=models.Q(status=Status.RUNNING),
                name="inference_job_in_flight",
            ),
        )

    def __str__(self) -> str:
        return f"{self.task} {self.id}"

    @property
    def is_finished(self) -> bool:
        return self.finished_at is not None

    @property
    def text(self) -> str:
        """What was asked, as text."""
        return str(self.input.get("text") or self.input.get("prompt") or "")

    @property
    def first_token_after(self) -> timedelta | None:
        """From the start of the first attempt to the first token of the last."""
        return self.first_token_at - self.started_at if self.first_token_at and self.started_at else None

    @property
    def took(self) -> timedelta | None:
        """From creation to the end."""
        return self.finished_at - self.created_at if self.finished_at else None
