import uuid

from django.db import models
from django.utils import timezone

from analytics.querysets import InsightQuerySet

LONGEST_NAME = 200
LONGEST_DESCRIPTION = 2_000


class Visibility(models.TextChoices):
    PRIVATE = "private", "Only me"
    ORGANIZATION = "organization", "Everybody who sees the project"


class Insight(models.Model):
    """A question of a project that is kept: a name, words about it, and the query's spec.

    A private one is its maker's alone. What it was before stands in its history (`InsightChange`); a deleted one
    stays there, and can be restored.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(
        "analytics.Project", on_delete=models.CASCADE, related_name="insights", db_index=False
    )
    name = models.CharField(max_length=LONGEST_NAME)
    description = models.CharField(max_length=LONGEST_DESCRIPTION, blank=True)
    is_favourite = models.BooleanField(default=False)
    visibility = models.CharField(
        max_length=12,
        choices=Visibility,
        default=Visibility.ORGANIZATION,
        # The version before this column writes rows without it.
        db_default=Visibility.ORGANIZATION,
    )
    # As it was given: what a later version fills in by default is filled in when it is asked.
    spec = models.JSONField()
    created_by = models.ForeignKey(
        "accounts.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_by = models.ForeignKey(
        "accounts.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    updated_at = models.DateTimeField(default=timezone.now, editable=False)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = InsightQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        constraints = (
            models.CheckConstraint(condition=~models.Q(name=""), name="analytics_insight_has_a_name"),
            models.CheckConstraint(
                condition=models.Q(visibility__in=Visibility.values), name="analytics_insight_visibility_known"
            ),
        )
        indexes = (
            # Lists of a project's insights, newest first, page by page.
            models.Index(
                fields=("project", "-created_at", "-id"),
                condition=models.Q(deleted_at=None),
                name="analytics_insight_newest",
            ),
        )

    def __str__(self) -> str:
        return self.name


class InsightChange(models.Model):
    """What somebody did to an insight, and what it was from then on. Rows are only added."""

    class What(models.TextChoices):
        CREATED = "created", "Created"
        CHANGED = "changed", "Changed"
        DELETED = "deleted", "Deleted"
        RESTORED = "restored", "Restored"

    insight = models.ForeignKey(Insight, on_delete=models.CASCADE, related_name="changes", db_index=False)
    number = models.PositiveIntegerField()
    visibility = models.CharField(
        max_length=12,
        choices=Visibility,
        default=Visibility.ORGANIZATION,
        db_default=Visibility.ORGANIZATION,
    )
    what = models.CharField(max_length=10, choices=What)
    name = models.CharField(max_length=LONGEST_NAME)
    description = models.CharField(max_length=LONGEST_DESCRIPTION, blank=True)
    is_favourite = models.BooleanField()
    spec = models.JSONField()
    by = models.ForeignKey("accounts.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    by_key = models.ForeignKey(
        "accounts.SecretKey", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ("-number",)
        constraints = (
            models.UniqueConstraint(fields=("insight", "number"), name="analytics_insightchange_number_once"),
        )

    def __str__(self) -> str:
        return f"{self.get_what_display()} {self.name}"
