import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import accounts.models.prices

# What somebody pays, or has been told, is never changed: another price takes its place.
GUARD = """
CREATE FUNCTION accounts_planprice_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'A price is not changed but replaced.' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER accounts_planprice_fixed BEFORE UPDATE ON accounts_planprice FOR EACH ROW
    WHEN (
        (OLD.plan_id, OLD.interval, OLD.currency, OLD.amount, OLD.events_unit, OLD.events_unit_amount,
         OLD.tokens_unit, OLD.tokens_unit_amount)
        IS DISTINCT FROM
        (NEW.plan_id, NEW.interval, NEW.currency, NEW.amount, NEW.events_unit, NEW.events_unit_amount,
         NEW.tokens_unit, NEW.tokens_unit_amount)
    )
    EXECUTE FUNCTION accounts_planprice_refuse();
"""
UNGUARD = """
DROP TRIGGER accounts_planprice_fixed ON accounts_planprice;
DROP FUNCTION accounts_planprice_refuse();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0016_plan_limits"),
    ]

    operations = [
        migrations.CreateModel(
            name="PlanPrice",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("interval", models.CharField(choices=[("month", "Monthly"), ("year", "Yearly")], max_length=5)),
                ("currency", models.CharField(choices=accounts.models.prices.currencies, max_length=3)),
                (
                    "amount",
                    models.PositiveBigIntegerField(
                        help_text="For each interval, in minor units: 2900 is €29.00 or ¥2,900."
                    ),
                ),
                (
                    "events_unit",
                    models.PositiveBigIntegerField(
                        blank=True,
                        help_text="Events in a block over the quota.",
                        null=True,
                        validators=[django.core.validators.MinValueValidator(1)],
                    ),
                ),
                (
                    "events_unit_amount",
                    models.PositiveBigIntegerField(
                        blank=True,
                        help_text="For each begun block, in minor units.",
                        null=True,
                        validators=[django.core.validators.MinValueValidator(1)],
                    ),
                ),
                (
                    "tokens_unit",
                    models.PositiveBigIntegerField(
                        blank=True,
                        help_text="LLM tokens in a block over the quota.",
                        null=True,
                        validators=[django.core.validators.MinValueValidator(1)],
                    ),
                ),
                (
                    "tokens_unit_amount",
                    models.PositiveBigIntegerField(
                        blank=True,
                        help_text="For each begun block, in minor units.",
                        null=True,
                        validators=[django.core.validators.MinValueValidator(1)],
                    ),
                ),
                (
                    "is_active",
                    models.BooleanField(
                        default=True, help_text="Offered to who chooses now.", verbose_name="active"
                    ),
                ),
                ("stripe_price_id", models.CharField(blank=True, editable=False, max_length=255)),
                ("stripe_events_price_id", models.CharField(blank=True, editable=False, max_length=255)),
                ("stripe_tokens_price_id", models.CharField(blank=True, editable=False, max_length=255)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "plan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="prices", to="accounts.plan"
                    ),
                ),
            ],
            options={
                "ordering": ("plan", "currency", "interval", "-id"),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_active", True)),
                        fields=("plan", "interval", "currency"),
                        name="accounts_planprice_one_active",
                        violation_error_message="There is an active price of this plan, interval and currency.",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("stripe_price_id", ""), _negated=True),
                        fields=("stripe_price_id",),
                        name="accounts_planprice_stripe_unique",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("interval__in", ["month", "year"])),
                        name="accounts_planprice_interval_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "currency__in",
                                [
                                    "AED",
                                    "AUD",
                                    "BHD",
                                    "BRL",
                                    "CAD",
                                    "CHF",
                                    "CLP",
                                    "CNY",
                                    "CZK",
                                    "DKK",
                                    "EUR",
                                    "GBP",
                                    "HKD",
                                    "ILS",
                                    "INR",
                                    "JOD",
                                    "JPY",
                                    "KRW",
                                    "KWD",
                                    "MXN",
                                    "MYR",
                                    "NOK",
                                    "NZD",
                                    "OMR",
                                    "PHP",
                                    "PLN",
                                    "PYG",
                                    "RON",
                                    "SAR",
                                    "SEK",
                                    "SGD",
                                    "THB",
                                    "TND",
                                    "TRY",
                                    "USD",
                                    "VND",
                                    "ZAR",
                                ],
                            )
                        ),
                        name="accounts_planprice_currency_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("events_unit", None), ("events_unit_amount", None)),
                            models.Q(
                                ("events_unit__gte", 1),
                                ("events_unit__isnull", False),
                                ("events_unit_amount__gte", 1),
                                ("events_unit_amount__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="accounts_planprice_events_whole",
                        violation_error_message="A block of events needs its size and its price.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("tokens_unit", None), ("tokens_unit_amount", None)),
                            models.Q(
                                ("tokens_unit__gte", 1),
                                ("tokens_unit__isnull", False),
                                ("tokens_unit_amount__gte", 1),
                                ("tokens_unit_amount__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="accounts_planprice_tokens_whole",
                        violation_error_message="A block of tokens needs its size and its price.",
                    ),
                ],
            },
        ),
        migrations.RunSQL(GUARD, UNGUARD),
    ]
