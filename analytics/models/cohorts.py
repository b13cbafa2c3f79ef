from datetime import timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from analytics.querysets import CohortQuerySet

LONGEST_NAME = 200
LONGEST_DESCRIPTION = 2_000
# How old a membership becomes before it is looked at again.
COMPUTED_EVERY = timedelta(hours=1)


class Cohort(models.Model):
    """People that match now: a name, and conditions or a fixed list of ids; and who is in it, as of a moment.

    Who is in it stands in its parts (`CohortPart`), of which only those of `membership` count: it is raised
    with every change of who is in it, in the transaction that changes the parts. Where the conditions or the list
    were changed there is no membership, and `as_of` is empty, until the new one is computed.

    A worker holds it by a lease while it computes; each lease raises `fence`, and who has lost it writes nothing.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting to be computed"
        COMPUTING = "computing", "Being computed"
        READY = "ready", "Ready"
        # The last attempt ended with `problem`; it is tried again when it is due.
        FAILED = "failed", "Failed"

    project = models.ForeignKey(
        "analytics.Project", on_delete=models.CASCADE, related_name="cohorts", db_index=False
    )
    name = models.CharField(max_length=LONGEST_NAME)
    description = models.CharField(max_length=LONGEST_DESCRIPTION, blank=True)
    # One of the two: conditions as `cohorts.definition` has them, or ids as they were given.
    conditions = models.JSONField(null=True, blank=True)
    people = ArrayField(models.TextField(), null=True, blank=True)
    # The ids of the cohorts that its conditions name.
    uses = ArrayField(models.BigIntegerField(), default=list, blank=True)
    # Raised with every change of the conditions or the list.
    version = models.PositiveIntegerField(default=1)
    created_by = models.ForeignKey(
        "accounts.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_by = models.ForeignKey(
        "accounts.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    problem = models.TextField(blank=True)
    membership = models.PositiveBigIntegerField(default=0)
    size = models.PositiveBigIntegerField(default=0)
    as_of = models.DateTimeField(null=True, blank=True)
    rows_read = models.PositiveBigIntegerField(default=0)
    # Ids of the list that belong to nobody: how many, and the first of them.
    unknown = models.PositiveIntegerField(default=0)
    unknown_people = ArrayField(models.TextField(), default=list, blank=True)
    # A hash of all that the membership was computed from: while it is the same, so is the membership.
    basis = models.CharField(max_length=64, blank=True)

    due_at = models.DateTimeField(default=timezone.now)
    fence = models.PositiveBigIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    # Leases in a row that came to no end.
    attempts = models.PositiveSmallIntegerField(default=0)

    objects = CohortQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        constraints = (
            models.UniqueConstraint("project", Lower("name"), name="analytics_cohort_name_once"),
            models.CheckConstraint(condition=~models.Q(name=""), name="analytics_cohort_has_a_name"),
            models.CheckConstraint(
                condition=models.Q(conditions__isnull=True, people__isnull=False)
                | models.Q(conditions__isnull=False, people__isnull=True),
                name="analytics_cohort_conditions_or_list",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="ready") | models.Q(as_of__isnull=False),
                name="analytics_cohort_ready_as_of",
            ),
            models.CheckConstraint(
                condition=models.Q(state="failed") ^ models.Q(problem=""),
                name="analytics_cohort_failed_says_why",
            ),
        )
        indexes = (
            # Lists of a project's cohorts, newest first, page by page.
            models.Index(fields=("project", "-created_at", "-id"), name="analytics_cohort_newest"),
            # Beat looks for cohorts that are to be computed.
            models.Index(fields=("due_at",), name="analytics_cohort_due"),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def is_list(self) -> bool:
        return self.people is not None


class CohortPart(models.Model):
    """Some members of a cohort, in the order of their numbers: those from `first` to `last`.

    Many to a row, so that a query reads a million people in a few rows; not all in one, so that whoever looks for
    one of them reads few.
    """

    cohort = models.ForeignKey(Cohort, on_delete=models.CASCADE, related_name="parts", db_index=False)
    membership = models.PositiveBigIntegerField()
    first = models.BigIntegerField()
    last = models.BigIntegerField()
    # The numbers (`contracts.number_of`), 8 bytes each, and the ids in the same order, as packed JSON.
    numbers = models.BinaryField()
    names = models.BinaryField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("cohort", "membership", "first"), name="analytics_cohortpart_once"),
            models.CheckConstraint(
                condition=models.Q(last__gte=models.F("first")), name="analytics_cohortpart_in_order"
            ),
        )

    def __str__(self) -> str:
        return f"members {self.first} to {self.last} of cohort {self.cohort_id}"
