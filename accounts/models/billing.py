from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models.organizations import Organization
from accounts.querysets import StripeEventQuerySet


class BillingProfile(models.Model):
    """Whom an organization's invoices are made out to, and who it is at Stripe."""

    organization = models.OneToOneField(Organization, on_delete=models.CASCADE, related_name="billing_profile")
    name = models.CharField(max_length=200, blank=True, help_text="Of the company; empty for the organization's.")
    email = models.EmailField(
        blank=True, help_text="Where invoices go; empty for owners and who has the role billing."
    )
    address = models.TextField(max_length=500, blank=True, help_text="Street, postal code and town, in lines.")
    country = models.CharField(max_length=2, blank=True, help_text="Two letters, as in ISO 3166.")
    tax_id = models.CharField("tax ID", max_length=40, blank=True, help_text="VAT number or the like.")
    stripe_customer_id = models.CharField(max_length=255, blank=True, editable=False)

    class Meta:
        ordering = ("organization",)
        constraints = (
            models.UniqueConstraint(
                fields=("stripe_customer_id",),
                condition=~Q(stripe_customer_id=""),
                name="accounts_billingprofile_stripe_unique",
            ),
        )

    def __str__(self) -> str:
        return f"Billing of {self.organization}"


class StripeEvent(models.Model):
    """What Stripe told us: kept before it is worked on, and worked on once.

    Only the ids of what it is about are kept: the present object is asked of Stripe.
    """

    id = models.CharField(max_length=255, primary_key=True)
    type = models.CharField(max_length=100)
    # Stripe's own time of it; events come in any order.
    created = models.DateTimeField()
    object_id = models.CharField(max_length=255, blank=True)
    subscription_id = models.CharField(max_length=255, blank=True)
    received_at = models.DateTimeField(default=timezone.now)
    processed_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    retry_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)

    objects = StripeEventQuerySet.as_manager()

    class Meta:
        verbose_name = "Stripe event"
        ordering = ("-received_at", "-id")
        # For the worker that takes up what failed.
        indexes = (
            models.Index(
                fields=("retry_at",), condition=Q(processed_at=None), name="accounts_stripeevent_waiting"
            ),
        )

    def __str__(self) -> str:
        return f"{self.type} {self.id}"
