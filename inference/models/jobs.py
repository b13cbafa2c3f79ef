import uuid
from datetime import timedelta

from django.db import models
from django.db.models import Value
from django.utils import timezone

from inference.choices import FINISHED, FinishReason, Priority, ProviderName, Status, Task
from inference.querysets import JobQuerySet


class Job(models.Model):
    """One LLM task, durable: this row holds the truth; Celery and Redis only carry news of it.

    A worker holds a job by a lease. Each lease raises `fence`, and every write of a worker names the fence it was
    given, so a worker that lost its lease writes nothing and the job finishes once.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(
        "accounts.Organization", on_delete=models.CASCADE, related_name="jobs", db_index=False
    )
    # The version before writes rows without the columns that have a default in the database.
    # Whose rules and budget hold for it; null for one of the organization as a whole.
    project = models.ForeignKey(
        "analytics.Project", on_delete=models.CASCADE, null=True, blank=True, related_name="jobs", db_index=False
    )
    created_by = models.ForeignKey(
        "accounts.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    created_with = models.ForeignKey(
        "accounts.SecretKey", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    batch = models.ForeignKey(
        "inference.Batch", on_delete=models.CASCADE, null=True, blank=True, related_name="jobs", db_index=False
    )
    batch_index = models.PositiveIntegerField(null=True, blank=True)
    prompt_version = models.ForeignKey(
        "inference.PromptVersion",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="jobs",
        db_index=False,
    )
    task = models.CharField(max_length=20, choices=Task)
    input = models.JSONField()
    # The caller's own words for it, kept and shown, never read by us.
    metadata = models.JSONField(default=dict, db_default=Value({}, models.JSONField()), blank=True)
    # As the caller named it: a model, or an alias of several.
    asked_model = models.CharField(max_length=200, blank=True, db_default="")
    # Who is to do it, and in the end who did.
    provider = models.CharField(max_length=20, choices=ProviderName)
    model = models.CharField(max_length=200)
    credential = models.ForeignKey(
        "inference.Credential", on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )

    status = models.CharField(max_length=20, choices=Status, default=Status.QUEUED)
    priority = models.SmallIntegerField(choices=Priority, default=Priority.NORMAL, db_default=Priority.NORMAL)
    output = models.TextField(blank=True)
    # What a task answers beside its text: labels, the extracted object, tool calls.
    result = models.JSONField(null=True, blank=True)
    finish_reason = models.CharField(max_length=20, choices=FinishReason, blank=True)
    error_code = models.CharField(max_length=40, blank=True)
    error_message = models.TextField(blank=True)
    # As the provider counted them; input tokens include cached ones, output tokens those of reasoning. Null until
    # it has said.
    tokens_input = models.PositiveIntegerField(null=True, blank=True)
    tokens_output = models.PositiveIntegerField(null=True, blank=True)
    tokens_cached = models.PositiveIntegerField(default=0, db_default=0)
    tokens_reasoning = models.PositiveIntegerField(default=0, db_default=0)
    # Micro-units; null where it is not known, or the model has no price.
    cost = models.PositiveBigIntegerField(null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True, db_default="")
    # The finished job whose answer this one repeats; it cost nothing.
    answered_from = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    # Under which an answer can be found again; empty where it must not be.
    cache_key = models.CharField(max_length=64, blank=True, db_default="")
    # What stands for the personal data that was taken out of the input, encrypted.
    redactions = models.TextField(blank=True, db_default="")

    created_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField(null=True, blank=True)
    first_token_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    # One that has not begun by then ends as expired.
    expires_at = models.DateTimeField(null=True, blank=True)
    # From its first start to its end, with all tries and pauses; null for the installation's.
    deadline_seconds = models.PositiveIntegerField(null=True, blank=True)
    # Since then, what was asked and answered is no longer kept.
    content_removed_at = models.DateTimeField(null=True, blank=True)

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
            models.CheckConstraint(
                condition=models.Q(batch=None, batch_index=None)
                | models.Q(batch__isnull=False, batch_index__isnull=False),
                name="inference_job_in_a_batch_has_its_place",
            ),
            models.UniqueConstraint(
                fields=("organization", "idempotency_key"),
                condition=~models.Q(idempotency_key=""),
                name="inference_job_idempotency_unique",
            ),
            models.UniqueConstraint(
                fields=("batch", "batch_index"),
                condition=models.Q(batch__isnull=False),
                name="inference_job_once_in_a_batch",
            ),
        )
        # A job is written three times, each time into every index that it is in: most are in four at a time.
        indexes = (
            *(
                models.Index(
                    fields=(name,), condition=models.Q((f"{name}__isnull", False)), name=f"inference_job_{name}"
                )
                for name in ("project", "created_by", "prompt_version", "credential")
            ),
            # Lists of an organization's jobs, newest first, page by page.
            models.Index(fields=("organization", "-created_at", "-id"), name="inference_job_newest"),
            # The runner takes each organization's most urgent, oldest waiting jobs.
            models.Index(
                fields=("organization", "-priority", "created_at"),
                condition=models.Q(status=Status.QUEUED),
                name="inference_job_queue",
            ),
            # How far a batch is, and whether it is over.
            models.Index(
                fields=("batch", "status"),
                condition=models.Q(batch__isnull=False),
                name="inference_job_of_a_batch",
            ),
            # The runner counts what each organization has in flight, and finds leases that ran out among them. The
            # time of a lease is in no index, so that to renew it touches none.
            models.Index(
                fields=("organization",), condition=models.Q(status=Status.RUNNING), name="inference_job_running"
            ),
            # What has waited too long is ended.
            models.Index(
                fields=("expires_at",),
                condition=models.Q(status=Status.QUEUED, expires_at__isnull=False),
                name="inference_job_expiry",
            ),
            # An answer that can be given again.
            models.Index(
                fields=("organization", "cache_key", "-finished_at"),
                condition=models.Q(status=Status.SUCCEEDED) & ~models.Q(cache_key=""),
                name="inference_job_answers",
            ),
            # What ended long ago and still holds its texts, of the organizations that do not keep them for ever.
            models.Index(
                fields=("organization", "finished_at"),
                condition=models.Q(content_removed_at=None, finished_at__isnull=False),
                name="inference_job_kept",
            ),
        )

    def __str__(self) -> str:
        return f"{self.task} {self.id}"

    @property
    def is_finished(self) -> bool:
        return self.finished_at is not None

    @property
    def error(self) -> dict[str, str] | None:
        """Why there is no answer, as a stable code and a sentence; None where there is one, or may still be."""
        if self.status == Status.EXPIRED:
            return {"code": "expired", "message": "It had not begun by the time that it was given."}
        if not self.error_code:
            return None
        # Providers quote what they were asked, so what they said goes with it.
        return {
            "code": self.error_code,
            "message": self.error_message or "What was said of it is not kept any more.",
        }

    @property
    def text(self) -> str:
        """What was asked, as text."""
        turns = self.input.get("messages") or [{}]
        said = turns[-1].get("content")
        texts = "\n\n".join(self.input.get("texts", ()))
        asked = self.input.get("text") or self.input.get("prompt") or texts
        return str(asked or (said if isinstance(said, str) else ""))

    @property
    def first_token_after(self) -> timedelta | None:
        """From the start of the first attempt to the first token of the last."""
        return self.first_token_at - self.started_at if self.first_token_at and self.started_at else None

    @property
    def took(self) -> timedelta | None:
        """From creation to the end."""
        return self.finished_at - self.created_at if self.finished_at else None


class Call(models.Model):
    """One request to a provider for a job, as it went: a job has several where it is retried or in parts."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="calls", db_index=False)
    # The lease under which it was made, and its place in that.
    fence = models.PositiveIntegerField()
    number = models.PositiveIntegerField()
    provider = models.CharField(max_length=20, choices=ProviderName)
    model = models.CharField(max_length=200)
    credential = models.ForeignKey("inference.Credential", on_delete=models.SET_NULL, null=True, related_name="+")
    started_at = models.DateTimeField()
    first_token_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField()
    finish_reason = models.CharField(max_length=20, choices=FinishReason, blank=True)
    # Empty where it went well.
    error_code = models.CharField(max_length=40, blank=True)
    error_message = models.TextField(blank=True)
    tokens_input = models.PositiveIntegerField(null=True)
    tokens_output = models.PositiveIntegerField(null=True)

    class Meta:
        ordering = ("fence", "number")
        constraints = (models.UniqueConstraint(fields=("job", "fence", "number"), name="inference_call_once"),)
        indexes = (
            # The health of a model: how its latest calls went.
            models.Index(fields=("provider", "model", "-finished_at"), name="inference_call_health"),
        )

    def __str__(self) -> str:
        return f"{self.provider} {self.model} for {self.job_id}"

    @property
    def took(self) -> timedelta:
        return self.finished_at - self.started_at
