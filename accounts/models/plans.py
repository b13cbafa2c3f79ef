from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.billing.features import Feature, every_feature
from accounts.querysets import PlanQuerySet


class Plan(models.Model):
    """What an organization may use: data that staff edit. A limit that is empty is no limit.

    Quotas are of a calendar month in UTC. `warn_from` and `refuse_from` are percentages of the quota: from the
    first on people are warned; from the second on events are refused, and between 100 % and it they are kept.
    Without `refuse_from` nothing is ever refused.
    """

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=100)
    is_default = models.BooleanField(
        "default", default=False, help_text="For organizations without a plan of their own; at most one plan is."
    )
    events_a_month = models.PositiveBigIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1)], help_text="Kept in a month; empty for no limit."
    )
    warn_from = models.PositiveSmallIntegerField(
        default=80,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text="Percent of the quota from which people are warned, 1 to 100.",
    )
    refuse_from = models.PositiveSmallIntegerField(
        default=120,
        null=True,
        blank=True,
        validators=[MinValueValidator(100), MaxValueValidator(1000)],
        help_text="Percent of the quota from which events are refused, 100 to 1000; empty for never.",
    )
    retention_months = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(1200)],
        help_text="Months after which an event is deleted for good; empty for never.",
    )
    queries_at_once = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(1000)],
        help_text="Queries that are computed at once, others wait; empty for the installation's own number.",
    )
    query_rows = models.PositiveBigIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="Events that one query may read, by what the manifest says before; empty for no limit.",
    )
    llm_tokens_a_month = models.PositiveBigIntegerField(
        "LLM tokens a month",
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="Read and written by LLM jobs in a month; empty for no limit.",
    )
    seats = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="Members and open invitations together; empty for no limit.",
    )
    projects = models.PositiveIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1)], help_text="Empty for no limit."
    )
    features = ArrayField(models.CharField(max_length=20, choices=Feature), default=every_feature, blank=True)
    trial_days = models.PositiveSmallIntegerField(
        default=0,
        validators=[MaxValueValidator(365)],
        help_text="Days for nothing before the first payment, once for an organization; 0 for none.",
    )
    is_public = models.BooleanField("public", default=False, help_text="Offered to everybody on the plan page.")
    position = models.PositiveSmallIntegerField(default=0, help_text="Its place on the plan page, lowest first.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = PlanQuerySet.as_manager()

    class Meta:
        ordering = ("name", "id")
        constraints = (
            # Whom an organization without a plan belongs to must be one answer.
            models.UniqueConstraint(
                fields=("is_default",), condition=Q(is_default=True), name="accounts_plan_one_default"
            ),
            models.CheckConstraint(
                condition=Q(events_a_month=None) | Q(events_a_month__gte=1), name="accounts_plan_events_positive"
            ),
            models.CheckConstraint(
                condition=Q(warn_from__gte=1, warn_from__lte=100), name="accounts_plan_warn_from_percent"
            ),
            models.CheckConstraint(
                condition=Q(refuse_from=None) | Q(refuse_from__gte=100, refuse_from__lte=1000),
                name="accounts_plan_refuse_from_percent",
            ),
            models.CheckConstraint(
                condition=Q(retention_months=None) | Q(retention_months__gte=1, retention_months__lte=1200),
                name="accounts_plan_retention_positive",
            ),
            models.CheckConstraint(
                condition=Q(queries_at_once=None) | Q(queries_at_once__gte=1, queries_at_once__lte=1000),
                name="accounts_plan_queries_at_once_positive",
            ),
            models.CheckConstraint(
                condition=Q(query_rows=None) | Q(query_rows__gte=1), name="accounts_plan_query_rows_positive"
            ),
            models.CheckConstraint(
                condition=Q(llm_tokens_a_month=None) | Q(llm_tokens_a_month__gte=1),
                name="accounts_plan_tokens_positive",
            ),
            models.CheckConstraint(condition=Q(seats=None) | Q(seats__gte=1), name="accounts_plan_seats_positive"),
            models.CheckConstraint(
                condition=Q(projects=None) | Q(projects__gte=1), name="accounts_plan_projects_positive"
            ),
            models.CheckConstraint(condition=Q(trial_days__lte=365), name="accounts_plan_trial_days"),
        )

    def __str__(self) -> str:
        return self.name
