from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.billing import money
from accounts.billing.terms import INTERVALS, Block, Interval, Metered, Terms
from accounts.models.plans import Plan
from accounts.querysets import PlanPriceQuerySet


def currencies() -> list[tuple[str, str]]:
    """What the field offers; a function, since the names are a library's and no migration's matter."""
    return list(money.named().items())


def _whole(meter: str) -> Q:
    """Both the size and the price of a block, or neither."""
    size, price = f"{meter}_unit", f"{meter}_unit_amount"
    there = {f"{name}__isnull": False for name in (size, price)} | {f"{name}__gte": 1 for name in (size, price)}
    return Q(**{size: None, price: None}) | Q(**there)


class PlanPrice(models.Model):
    """What a plan costs by month or year in a currency, in whole minor units of it.

    The database lets no amount of it change: who pays it goes on paying it. Another price takes its place, and
    this one is not active any more.
    """

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="prices")
    interval = models.CharField(max_length=5, choices=INTERVALS)
    currency = models.CharField(max_length=3, choices=currencies)
    amount = models.PositiveBigIntegerField(
        help_text="For each interval, in minor units: 2900 is €29.00 or ¥2,900."
    )
    # Over the plan's quotas: each block of so many that is begun, and what it costs. Both empty: none is sold.
    events_unit = models.PositiveBigIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1)], help_text="Events in a block over the quota."
    )
    events_unit_amount = models.PositiveBigIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1)], help_text="For each begun block, in minor units."
    )
    tokens_unit = models.PositiveBigIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1)], help_text="LLM tokens in a block over the quota."
    )
    tokens_unit_amount = models.PositiveBigIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1)], help_text="For each begun block, in minor units."
    )
    is_active = models.BooleanField("active", default=True, help_text="Offered to who chooses now.")
    # Stripe's prices of the base and of a block of each meter, once they are made there.
    stripe_price_id = models.CharField(max_length=255, blank=True, editable=False)
    stripe_events_price_id = models.CharField(max_length=255, blank=True, editable=False)
    stripe_tokens_price_id = models.CharField(max_length=255, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = PlanPriceQuerySet.as_manager()

    class Meta:
        ordering = ("plan", "currency", "interval", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=("plan", "interval", "currency"),
                condition=Q(is_active=True),
                name="accounts_planprice_one_active",
                violation_error_message="There is an active price of this plan, interval and currency.",
            ),
            models.UniqueConstraint(
                fields=("stripe_price_id",),
                condition=~Q(stripe_price_id=""),
                name="accounts_planprice_stripe_unique",
            ),
            models.CheckConstraint(
                condition=Q(interval__in=list(INTERVALS)), name="accounts_planprice_interval_known"
            ),
            models.CheckConstraint(
                condition=Q(currency__in=sorted(money.EXPONENTS)), name="accounts_planprice_currency_known"
            ),
            models.CheckConstraint(
                condition=_whole("events"),
                name="accounts_planprice_events_whole",
                violation_error_message="A block of events needs its size and its price.",
            ),
            models.CheckConstraint(
                condition=_whole("tokens"),
                name="accounts_planprice_tokens_whole",
                violation_error_message="A block of tokens needs its size and its price.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.plan}, {self.written_amount} a {self.interval}"

    @property
    def written_amount(self) -> str:
        return money.written(self.amount, self.currency)

    def terms(self) -> Terms:
        """As usage is rated by it: the price's amounts with the plan's quotas of today."""
        return Terms(
            currency=self.currency,
            interval=Interval(self.interval),
            amount=self.amount,
            events=Metered(self.plan.events_a_month, _block(self.events_unit, self.events_unit_amount)),
            tokens=Metered(self.plan.llm_tokens_a_month, _block(self.tokens_unit, self.tokens_unit_amount)),
        )


def _block(quantity: int | None, amount: int | None) -> Block | None:
    return Block(quantity, amount) if quantity and amount else None
