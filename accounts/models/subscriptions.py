from datetime import datetime, timedelta

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.models.coupons import Coupon, Redemption
from accounts.models.organizations import Organization
from accounts.models.plans import Plan
from accounts.models.prices import PlanPrice
from accounts.querysets import PlanRequestQuerySet, SubscriptionQuerySet

# How long nothing changes for who has not paid.
GRACE = timedelta(days=30)


class Subscription(models.Model):
    """What an organization pays for: one that is open, and those that have ended.

    Which plan holds is the organization's own `plan`; `accounts.billing.subscriptions` keeps both in step.
    """

    class Provider(models.TextChoices):
        STRIPE = "stripe", "Stripe"
        MANUAL = "manual", "By invoice"

    class State(models.TextChoices):
        TRIALING = "trialing", "Trial"
        ACTIVE = "active", "Active"
        PAST_DUE = "past_due", "Payment is due"
        PAUSED = "paused", "Paused"
        CANCELLED = "cancelled", "Ended"

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="subscriptions")
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="subscriptions")
    price = models.ForeignKey(PlanPrice, on_delete=models.PROTECT, related_name="subscriptions")
    provider = models.CharField(max_length=10, choices=Provider)
    state = models.CharField(max_length=10, choices=State)
    # The paid period, or the trial. Periods by invoice are counted from `anchor`.
    period_start = models.DateTimeField()
    period_end = models.DateTimeField()
    anchor = models.DateTimeField()
    trial_ends_at = models.DateTimeField(null=True, blank=True)
    cancel_at_period_end = models.BooleanField(default=False)
    past_due_since = models.DateTimeField(null=True, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    redemption = models.ForeignKey(
        # Both go with the organization.
        Redemption,
        on_delete=models.RESTRICT,
        null=True,
        blank=True,
        related_name="subscriptions",
    )
    stripe_subscription_id = models.CharField(max_length=255, blank=True)
    # The latest time of an event at Stripe after which it was looked up there.
    updated_from = models.DateTimeField(null=True, blank=True)
    # Of its trial's end a notice was sent.
    trial_notice_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=("organization",), condition=Q(ended_at=None), name="accounts_subscription_one_open"
            ),
            models.UniqueConstraint(
                fields=("stripe_subscription_id",),
                condition=~Q(stripe_subscription_id=""),
                name="accounts_subscription_stripe_unique",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("trialing", "active", "past_due", "paused", "cancelled")),
                name="accounts_subscription_state_known",
            ),
            models.CheckConstraint(
                condition=Q(provider="stripe") & ~Q(stripe_subscription_id="")
                | Q(provider="manual", stripe_subscription_id=""),
                name="accounts_subscription_provider_known",
            ),
            models.CheckConstraint(
                condition=Q(state="cancelled", ended_at__isnull=False) | ~Q(state="cancelled") & Q(ended_at=None),
                name="accounts_subscription_ended_at",
            ),
            models.CheckConstraint(
                condition=~Q(state="past_due") | Q(past_due_since__isnull=False),
                name="accounts_subscription_past_due_since",
            ),
            models.CheckConstraint(
                condition=~Q(state="paused") | Q(paused_at__isnull=False), name="accounts_subscription_paused_at"
            ),
            models.CheckConstraint(
                condition=~Q(state="trialing") | Q(trial_ends_at__isnull=False),
                name="accounts_subscription_trial_ends_at",
            ),
            models.CheckConstraint(
                condition=Q(period_end__gt=F("period_start")), name="accounts_subscription_period"
            ),
        )
        # For the worker that moves what is due.
        indexes = (
            models.Index(fields=("period_end",), condition=Q(ended_at=None), name="accounts_subscription_due"),
        )

    def __str__(self) -> str:
        return f"{self.organization} on {self.plan}"

    @property
    def is_open(self) -> bool:
        return self.ended_at is None

    @property
    def is_paying(self) -> bool:
        """Whether its plan holds: in the trial, while it is paid, and in the days of grace."""
        return self.state in {self.State.TRIALING, self.State.ACTIVE, self.State.PAST_DUE}

    @property
    def grace_ends_at(self) -> datetime | None:
        """When a payment that is due ends it; None where none is due."""
        return self.past_due_since + GRACE if self.past_due_since else None


class PlanRequest(models.Model):
    """Somebody wants a price that is paid by invoice; staff say yes or no."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="plan_requests")
    price = models.ForeignKey(PlanPrice, on_delete=models.PROTECT, related_name="requests")
    coupon = models.ForeignKey(Coupon, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    requested_by = models.ForeignKey(
        "accounts.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        "accounts.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    # None until it is decided, or where it was taken back.
    is_approved = models.BooleanField(null=True, blank=True)

    objects = PlanRequestQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=("organization",), condition=Q(decided_at=None), name="accounts_planrequest_one_open"
            ),
        )

    def __str__(self) -> str:
        return f"{self.organization} wants {self.price}"
