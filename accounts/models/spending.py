from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models.keys import SecretKey
from accounts.models.organizations import Organization

# Micro-units: ten million of any currency, far beyond what anybody caps.
MOST = 10_000_000 * 1_000_000


class SpendingCap(models.Model):
    """What may be spent on models in a calendar month (UTC), in micro-units of a currency: by all of an
    organization, by one of its projects, or with one of its keys.

    Whoever reserves locks each of these rows that holds for it, so that of many at once each sees what the others
    took.
    """

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="spending_caps", db_index=False
    )
    # No foreign key: accounts knows no projects.
    project_id = models.BigIntegerField(null=True, blank=True)
    secret_key = models.ForeignKey(
        SecretKey, on_delete=models.CASCADE, null=True, blank=True, related_name="spending_caps"
    )
    currency = models.CharField(max_length=3)
    amount = models.BigIntegerField(help_text="Micro-units: 1,000,000 is one euro, dollar, …")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    changed_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ("organization", "currency", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("organization", "currency", "project_id", "secret_key"),
                name="accounts_spendingcap_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(project_id=None) | Q(secret_key=None), name="accounts_spendingcap_of_one"
            ),
            # A cap of nothing is one as well: no model that has a price may be used.
            models.CheckConstraint(
                condition=Q(amount__gte=0, amount__lte=MOST), name="accounts_spendingcap_range"
            ),
        )

    def __str__(self) -> str:
        return f"{self.amount / 1_000_000:,.2f} {self.currency} a month"


class Reservation(models.Model):
    """The most that something under way may cost, until it is known what it did cost.

    Only what is held counts against a cap, in whatever month it was begun; then the ledger has what was spent.
    """

    class State(models.TextChoices):
        HELD = "held", "Held"
        SETTLED = "settled", "Settled"
        RELEASED = "released", "Released"
        EXPIRED = "expired", "Forgotten"

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="reservations", db_index=False
    )
    key = models.CharField(max_length=120)
    # For whom it is held; no foreign keys, since what was done stays done when they are gone.
    project_id = models.BigIntegerField(null=True)
    secret_key_id = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3)
    amount = models.BigIntegerField(help_text="Micro-units.")
    state = models.CharField(max_length=10, choices=State, default=State.HELD)
    settled = models.BigIntegerField(null=True, help_text="What it came to, in micro-units.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=("organization", "key"), name="accounts_reservation_once"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="accounts_reservation_not_negative"),
            models.CheckConstraint(
                condition=Q(state__in=("held", "settled", "released", "expired")),
                name="accounts_reservation_state_known",
            ),
            models.CheckConstraint(
                condition=(Q(state="held") & Q(closed_at=None)) | (~Q(state="held") & Q(closed_at__isnull=False)),
                name="accounts_reservation_closed_has_its_time",
            ),
            models.CheckConstraint(
                condition=(Q(state="settled") & Q(settled__gte=0)) | (~Q(state="settled") & Q(settled=None)),
                name="accounts_reservation_settled_has_its_amount",
            ),
        )
        indexes = (
            # What is held is summed for every reservation that is made under a cap, from the index alone.
            models.Index(
                fields=("organization", "currency"),
                include=("amount", "project_id", "secret_key_id"),
                condition=Q(state="held"),
                name="accounts_reservation_held_of",
            ),
            # What was forgotten, and what may go.
            models.Index(fields=("expires_at",), condition=Q(state="held"), name="accounts_reservation_expiry"),
            models.Index(fields=("closed_at",), name="accounts_reservation_closed"),
        )

    def __str__(self) -> str:
        return f"{self.key}: {self.state}"


class KeySpending(models.Model):
    """What was spent with a key in a month: the sum of what was settled, kept in the same transaction."""

    secret_key = models.ForeignKey(SecretKey, on_delete=models.CASCADE, related_name="spending", db_index=False)
    month = models.DateField(help_text="Its first day, in UTC.")
    currency = models.CharField(max_length=3)
    amount = models.BigIntegerField(help_text="Micro-units.")

    class Meta:
        verbose_name_plural = "spending of keys"
        constraints = (
            models.UniqueConstraint(
                fields=("secret_key", "month", "currency"), name="accounts_keyspending_unique"
            ),
        )

    def __str__(self) -> str:
        return f"{self.amount / 1_000_000:,.2f} {self.currency} in {self.month:%B %Y}"
