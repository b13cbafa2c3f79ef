from datetime import datetime

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.billing import money
from accounts.billing.periods import months_after
from accounts.models.organizations import Organization
from accounts.models.plans import Plan
from accounts.models.prices import currencies
from accounts.querysets import CouponQuerySet


class Coupon(models.Model):
    """A discount on the base amount, by a code that people type."""

    class Duration(models.TextChoices):
        ONCE = "once", "The first payment"
        MONTHS = "months", "A number of months"
        FOREVER = "forever", "Every payment"

    code = models.CharField(
        max_length=40,
        validators=[RegexValidator(r"\A[A-Za-z0-9_-]+\Z", "Letters, digits, - and _ only.")],
        help_text="Typed in upper or lower case.",
    )
    percent = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(100)], help_text="1 to 100."
    )
    amount = models.PositiveBigIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1)], help_text="In minor units of the currency."
    )
    currency = models.CharField(max_length=3, choices=currencies, blank=True, help_text="Of the amount.")
    duration = models.CharField(max_length=10, choices=Duration, default=Duration.ONCE)
    months = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(120)]
    )
    redeem_by = models.DateTimeField(null=True, blank=True, help_text="Until when it is taken; empty for ever.")
    max_redemptions = models.PositiveIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1)], help_text="Empty for no limit."
    )
    plans = models.ManyToManyField(
        Plan, blank=True, related_name="coupons", help_text="The plans it holds for; none is every plan."
    )
    is_active = models.BooleanField("active", default=True)
    stripe_coupon_id = models.CharField(max_length=255, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = CouponQuerySet.as_manager()

    class Meta:
        ordering = ("code",)
        constraints = (
            models.UniqueConstraint(
                Lower("code"), name="accounts_coupon_code_unique", violation_error_message="This code is taken."
            ),
            models.CheckConstraint(
                condition=Q(percent__isnull=False, percent__gte=1, percent__lte=100, amount=None, currency="")
                | Q(percent=None, amount__isnull=False, amount__gte=1, currency__in=sorted(money.EXPONENTS)),
                name="accounts_coupon_percent_or_amount",
                violation_error_message="Either percent, or an amount with its currency.",
            ),
            models.CheckConstraint(
                condition=Q(duration="months", months__isnull=False, months__gte=1)
                | Q(duration__in=("once", "forever"), months=None),
                name="accounts_coupon_months",
                violation_error_message="The months go with the duration of a number of months.",
            ),
        )

    def __str__(self) -> str:
        return self.code

    @property
    def is_over(self) -> bool:
        return not self.is_active or (self.redeem_by is not None and timezone.now() >= self.redeem_by)

    def off(self, amount: int) -> int:
        """What an amount becomes with it: percents are rounded half up to a minor unit, and 0 is the least."""
        if self.percent is not None:
            return amount - (amount * self.percent + 50) // 100
        return max(0, amount - (self.amount or 0))


class Redemption(models.Model):
    """An organization has used a coupon, which it can once."""

    coupon = models.ForeignKey(Coupon, on_delete=models.PROTECT, related_name="redemptions")
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="redemptions")
    redeemed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-redeemed_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=("coupon", "organization"), name="accounts_redemption_once_an_organization"
            ),
        )

    def __str__(self) -> str:
        return f"{self.coupon} by {self.organization}"

    def holds_at(self, moment: datetime, *, payments: int) -> bool:
        """Whether it lowers the base amount of a payment at this moment, after so many that it has lowered."""
        if self.coupon.duration == Coupon.Duration.MONTHS:
            return moment < months_after(self.redeemed_at, self.coupon.months or 0)
        return self.coupon.duration == Coupon.Duration.FOREVER or payments == 0
