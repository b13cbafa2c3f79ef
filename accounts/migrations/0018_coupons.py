import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.db import migrations, models

import accounts.models.prices


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0017_plan_prices"),
    ]

    operations = [
        migrations.CreateModel(
            name="Coupon",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                (
                    "code",
                    models.CharField(
                        help_text="Typed in upper or lower case.",
                        max_length=40,
                        validators=[
                            django.core.validators.RegexValidator(
                                "\\A[A-Za-z0-9_-]+\\Z", "Letters, digits, - and _ only."
                            )
                        ],
                    ),
                ),
                (
                    "percent",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="1 to 100.",
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(100),
                        ],
                    ),
                ),
                (
                    "amount",
                    models.PositiveBigIntegerField(
                        blank=True,
                        help_text="In minor units of the currency.",
                        null=True,
                        validators=[django.core.validators.MinValueValidator(1)],
                    ),
                ),
                (
                    "currency",
                    models.CharField(
                        blank=True,
                        choices=accounts.models.prices.currencies,
                        help_text="Of the amount.",
                        max_length=3,
                    ),
                ),
                (
                    "duration",
                    models.CharField(
                        choices=[
                            ("once", "The first payment"),
                            ("months", "A number of months"),
                            ("forever", "Every payment"),
                        ],
                        default="once",
                        max_length=10,
                    ),
                ),
                (
                    "months",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(120),
                        ],
                    ),
                ),
                (
                    "redeem_by",
                    models.DateTimeField(
                        blank=True, help_text="Until when it is taken; empty for ever.", null=True
                    ),
                ),
                (
                    "max_redemptions",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="Empty for no limit.",
                        null=True,
                        validators=[django.core.validators.MinValueValidator(1)],
                    ),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                ("stripe_coupon_id", models.CharField(blank=True, editable=False, max_length=255)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "plans",
                    models.ManyToManyField(
                        blank=True,
                        help_text="The plans it holds for; none is every plan.",
                        related_name="coupons",
                        to="accounts.plan",
                    ),
                ),
            ],
            options={
                "ordering": ("code",),
            },
        ),
        migrations.CreateModel(
            name="Redemption",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("redeemed_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "coupon",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="redemptions",
                        to="accounts.coupon",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="redemptions",
                        to="accounts.organization",
                    ),
                ),
            ],
            options={
                "ordering": ("-redeemed_at", "-id"),
            },
        ),
        migrations.AddConstraint(
            model_name="coupon",
            constraint=models.UniqueConstraint(
                django.db.models.functions.text.Lower("code"),
                name="accounts_coupon_code_unique",
                violation_error_message="This code is taken.",
            ),
        ),
        migrations.AddConstraint(
            model_name="coupon",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("amount", None),
                        ("currency", ""),
                        ("percent__gte", 1),
                        ("percent__isnull", False),
                        ("percent__lte", 100),
                    ),
                    models.Q(
                        ("amount__gte", 1),
                        ("amount__isnull", False),
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
                        ),
                        ("percent", None),
                    ),
                    _connector="OR",
                ),
                name="accounts_coupon_percent_or_amount",
                violation_error_message="Either percent, or an amount with its currency.",
            ),
        ),
        migrations.AddConstraint(
            model_name="coupon",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("duration", "months"), ("months__gte", 1), ("months__isnull", False)),
                    models.Q(("duration__in", ("once", "forever")), ("months", None)),
                    _connector="OR",
                ),
                name="accounts_coupon_months",
                violation_error_message="The months go with the duration of a number of months.",
            ),
        ),
        migrations.AddConstraint(
            model_name="redemption",
            constraint=models.UniqueConstraint(
                fields=("coupon", "organization"), name="accounts_redemption_once_an_organization"
            ),
        ),
    ]
