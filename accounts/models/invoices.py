from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.billing.months import day_of
from accounts.models.organizations import Organization
from accounts.querysets import InvoiceQuerySet


class Seller(models.Model):
    """Who writes the invoices of this installation, and how: one row of data that staff edit."""

    name = models.CharField(max_length=200, blank=True)
    address = models.TextField(max_length=500, blank=True, help_text="Street, postal code and town, in lines.")
    country = models.CharField(max_length=2, blank=True, help_text="Two letters, as in ISO 3166.")
    tax_id = models.CharField("tax ID", max_length=40, blank=True)
    email = models.EmailField(blank=True)
    footer = models.TextField(max_length=1000, blank=True, help_text="Such as the bank account to pay to.")
    number_prefix = models.CharField(
        max_length=12, default="INV-", validators=[RegexValidator(r"\A[A-Za-z0-9/_.-]*\Z", "No spaces.")]
    )
    days_to_pay = models.PositiveSmallIntegerField(default=14, validators=[MaxValueValidator(365)])
    tax_name = models.CharField(max_length=20, default="VAT", blank=True)
    tax_rate = models.PositiveSmallIntegerField(
        default=0, validators=[MaxValueValidator(10_000)], help_text="In hundredths of a percent: 1900 is 19 %."
    )
    abroad_note = models.CharField(
        max_length=300,
        blank=True,
        help_text="For buyers in another country, who are invoiced without tax, such as: Reverse charge.",
    )

    class Meta:
        verbose_name_plural = "seller"
        constraints = (models.CheckConstraint(condition=Q(id=1), name="accounts_seller_only_one"),)

    def __str__(self) -> str:
        return self.name or "Seller"


class InvoiceCounter(models.Model):
    """The last number of a series. Its row is locked from the number on to the commit, so there are no gaps."""

    series = models.CharField(max_length=12, primary_key=True)
    last = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.series}: {self.last}"


class Invoice(models.Model):
    """What an organization owes, with everything as it was then. Once issued, only its state can be changed."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        OPEN = "open", "Open"
        PAID = "paid", "Paid"
        VOID = "void", "Void"
        UNCOLLECTIBLE = "uncollectible", "Uncollectible"

    class Provider(models.TextChoices):
        MANUAL = "manual", "By invoice"
        STRIPE = "stripe", "Stripe"

    organization = models.ForeignKey(
        Organization,
        # An invoice outlives it: the migration makes the constraint, with ON DELETE SET NULL.
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        null=True,
        related_name="invoices",
        db_index=False,
    )
    provider = models.CharField(max_length=10, choices=Provider, default=Provider.MANUAL)
    # Of Stripe's own invoices, its number; ours have a place in a series without gaps.
    number = models.CharField(max_length=40, blank=True)
    sequence = models.PositiveBigIntegerField(null=True, blank=True)
    state = models.CharField(max_length=15, choices=State, default=State.DRAFT)
    currency = models.CharField(max_length=3)
    seller = models.JSONField(default=dict)
    buyer = models.JSONField(default=dict)
    note = models.CharField(max_length=300, blank=True)
    # Of each tax its name, rate in hundredths of a percent, net amount and amount.
    taxes = models.JSONField(default=list)
    subtotal = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    subscription_id = models.BigIntegerField(null=True, blank=True)
    stripe_invoice_id = models.CharField(max_length=255, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    issued_at = models.DateTimeField(null=True, blank=True)
    due_on = models.DateField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    paid_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True, help_text="When it was void or uncollectible.")

    objects = InvoiceQuerySet.as_manager()

    class Meta:
        ordering = ("-issued_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=("number",), condition=~Q(number=""), name="accounts_invoice_number_unique"
            ),
            models.UniqueConstraint(fields=("sequence",), name="accounts_invoice_sequence_unique"),
            models.UniqueConstraint(
                fields=("stripe_invoice_id",),
                condition=~Q(stripe_invoice_id=""),
                name="accounts_invoice_stripe_unique",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("draft", "open", "paid", "void", "uncollectible")),
                name="accounts_invoice_state_known",
            ),
            models.CheckConstraint(
                condition=Q(state="draft") | (~Q(number="") & Q(issued_at__isnull=False)),
                name="accounts_invoice_issued_has_its_number",
            ),
            models.CheckConstraint(
                condition=~Q(state="paid") | Q(paid_at__isnull=False), name="accounts_invoice_paid_has_its_time"
            ),
        )
        indexes = (
            # An organization's list, newest first.
            models.Index(fields=("organization", "-issued_at", "-id"), name="accounts_invoice_newest"),
            # What the worker sends, and what is overdue.
            models.Index(fields=("due_on",), condition=Q(state="open"), name="accounts_invoice_open"),
        )

    def __str__(self) -> str:
        return self.number or "Draft"

    @property
    def is_overdue(self) -> bool:
        """Whether it is still to be paid after its last day, in UTC."""
        return self.state == self.State.OPEN and self.due_on is not None and self.due_on < day_of(timezone.now())


class InvoiceLine(models.Model):
    """One line. `amount` is quantity x unit_amount, which the database sees to."""

    invoice = models.ForeignKey(Invoice, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=10)
    # What of a subscription it is for: nothing is invoiced twice.
    subscription_id = models.BigIntegerField(null=True)
    covers = models.CharField(max_length=40, blank=True)
    description = models.CharField(max_length=300)
    quantity = models.BigIntegerField()
    unit = models.CharField(max_length=40, blank=True)
    unit_amount = models.BigIntegerField()
    amount = models.BigIntegerField()
    first_day = models.DateField(null=True)
    last_day = models.DateField(null=True)

    class Meta:
        ordering = ("invoice", "position")
        constraints = (
            models.UniqueConstraint(fields=("invoice", "position"), name="accounts_invoiceline_position_unique"),
            models.UniqueConstraint(
                fields=("subscription_id", "covers"),
                condition=~Q(covers=""),
                name="accounts_invoiceline_covers_once",
            ),
            models.CheckConstraint(
                condition=Q(amount=models.F("quantity") * models.F("unit_amount")),
                name="accounts_invoiceline_amount_is_the_product",
            ),
        )

    def __str__(self) -> str:
        return self.description


class CreditNote(models.Model):
    """A part of an invoice that is taken back, or all of it. The database changes nothing of it."""

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="credit_notes")
    number = models.CharField(max_length=40, unique=True)
    sequence = models.PositiveBigIntegerField(unique=True)
    reason = models.CharField(max_length=300)
    net = models.BigIntegerField(validators=[MinValueValidator(1)])
    taxes = models.JSONField(default=list)
    total = models.BigIntegerField()
    issued_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-issued_at", "-id")
        constraints = (models.CheckConstraint(condition=Q(net__gte=1), name="accounts_creditnote_positive"),)

    def __str__(self) -> str:
        return self.number


class RatedMonth(models.Model):
    """That a month's usage of a subscription was rated, by the terms of then: it is rated once, owed or not."""

    subscription = models.ForeignKey(
        "accounts.Subscription", on_delete=models.CASCADE, related_name="rated_months"
    )
    month = models.DateField()
    events = models.BigIntegerField()
    tokens = models.BigIntegerField()
    rated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-month", "-id")
        constraints = (models.UniqueConstraint(fields=("subscription", "month"), name="accounts_ratedmonth_once"),)

    def __str__(self) -> str:
        return f"{self.month:%B %Y}: {self.events:,} events, {self.tokens:,} tokens"


class ReportedBlocks(models.Model):
    """How many blocks over a quota Stripe was told of, for a subscription, month and kind.

    What is being told is written down before it is sent: whoever dies in between tells the same again, which
    Stripe counts once.
    """

    subscription = models.ForeignKey(
        "accounts.Subscription", on_delete=models.CASCADE, related_name="reported_blocks"
    )
    month = models.DateField()
    kind = models.CharField(max_length=10)
    told = models.PositiveBigIntegerField(default=0)
    telling = models.PositiveBigIntegerField(null=True)
    telling_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-month", "-id")
        constraints = (
            models.UniqueConstraint(fields=("subscription", "month", "kind"), name="accounts_reportedblocks_once"),
        )

    def __str__(self) -> str:
        return f"{self.told:,} blocks of {self.kind} in {self.month:%B %Y}"
