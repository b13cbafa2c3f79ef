from django.db import models
from django.utils import timezone

from accounts.billing.meters import Meter
from accounts.models.organizations import Organization


class UsageEntry(models.Model):
    """One fact of use, such as a sealed batch or the tokens of a job. The database refuses to change or delete it.

    `key` names the fact: it is posted once, however often somebody tries. What was wrong is put right by a
    negative entry. Only `accounts.billing.services.ledger` writes here, which keeps `UsageDay` with it.
    """

    organization = models.ForeignKey(
        Organization,
        # The migration makes the constraint, with ON DELETE CASCADE, which Django cannot say yet.
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="usage_entries",
        # The unique key begins with it.
        db_index=False,
    )
    # No foreign key: accounts knows no projects, and what was used stays used when one is gone.
    project_id = models.BigIntegerField(null=True)
    meter = models.CharField(max_length=24, choices=Meter)
    model = models.CharField(max_length=200, blank=True, help_text="Of an LLM; empty for events.")
    currency = models.CharField(max_length=3, blank=True, help_text="Of a cost; empty otherwise.")
    quantity = models.BigIntegerField()
    day = models.DateField(help_text="In UTC.")
    at = models.DateTimeField(default=timezone.now)
    key = models.CharField(max_length=120)

    class Meta:
        ordering = ("-id",)
        verbose_name_plural = "usage entries"
        # No further index: a month is read from `UsageDay`, and each would cost every batch that is sealed.
        constraints = (
            models.UniqueConstraint(fields=("organization", "key"), name="accounts_usageentry_once"),
            models.CheckConstraint(
                condition=models.Q(meter__in=Meter.values), name="accounts_usageentry_meter_known"
            ),
            models.CheckConstraint(
                condition=(models.Q(meter=Meter.COST) & ~models.Q(currency=""))
                | (~models.Q(meter=Meter.COST) & models.Q(currency="")),
                name="accounts_usageentry_cost_has_a_currency",
            ),
        )

    def __str__(self) -> str:
        return f"{self.quantity:,} {self.meter} on {self.day}"


class UsageDay(models.Model):
    """The sum of the ledger's entries of a day (UTC), project, meter and model, kept in their transaction.

    A busy project has an entry a second and one of these rows a day, so a month is some dozen rows to read.
    `billing reconcile` compares the two.
    """

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="usage_days", db_index=False
    )
    # 0 is of no project: a null would be told apart from every other.
    project_id = models.BigIntegerField(default=0)
    meter = models.CharField(max_length=24, choices=Meter)
    model = models.CharField(max_length=200, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    day = models.DateField()
    quantity = models.BigIntegerField()

    class Meta:
        ordering = ("day", "id")
        constraints = (
            # The day comes second, since a month is what is asked for.
            models.UniqueConstraint(
                fields=("organization", "day", "meter", "project_id", "model", "currency"),
                name="accounts_usageday_unique",
            ),
        )

    def __str__(self) -> str:
        return f"{self.quantity:,} {self.meter} on {self.day}"
