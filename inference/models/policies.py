from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from inference.choices import Personal


class Policy(models.Model):
    """The rules for an organization's jobs, and where a project has its own, for that project's."""

    organization = models.ForeignKey(
        "accounts.Organization", on_delete=models.CASCADE, related_name="inference_policies"
    )
    # Null for the organization's own, which hold where a project has none.
    project = models.OneToOneField(
        "analytics.Project", on_delete=models.CASCADE, null=True, blank=True, related_name="inference_policy"
    )
    # What was asked and answered is kept so long after the end: null for ever, 0 not at all.
    keep_days = models.PositiveSmallIntegerField(null=True, blank=True)
    redact = ArrayField(models.CharField(max_length=20, choices=Personal), default=list, blank=True)
    # Each call is also an event in this project; of the organization's own policy alone.
    observe_in = models.ForeignKey(
        "analytics.Project", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    # How many of its jobs run at once; of the organization's own policy alone. Null for the installation's limit.
    most_running = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        ordering = ("organization", "project")
        verbose_name_plural = "policies"
        constraints = (
            models.UniqueConstraint(
                fields=("organization",), condition=Q(project=None), name="inference_policy_one_of_organization"
            ),
            models.CheckConstraint(
                condition=Q(project=None) | Q(observe_in=None, most_running=None),
                name="inference_policy_of_project_is_narrow",
            ),
        )

    def __str__(self) -> str:
        return f"Rules of {self.project or self.organization}"
