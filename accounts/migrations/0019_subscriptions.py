import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0018_coupons"),
    ]

    operations = [
        migrations.CreateModel(
            name="PlanRequest",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("is_approved", models.BooleanField(blank=True, null=True)),
                (
                    "coupon",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="accounts.coupon",
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="plan_requests",
                        to="accounts.organization",
                    ),
                ),
                (
                    "price",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="requests",
                        to="accounts.planprice",
                    ),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ("-created_at", "-id"),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("decided_at", None)),
                        fields=("organization",),
                        name="accounts_planrequest_one_open",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Subscription",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                (
                    "provider",
                    models.CharField(choices=[("stripe", "Stripe"), ("manual", "By invoice")], max_length=10),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("trialing", "Trial"),
                            ("active", "Active"),
                            ("past_due", "Payment is due"),
                            ("paused", "Paused"),
                            ("cancelled", "Ended"),
                        ],
                        max_length=10,
                    ),
                ),
                ("period_start", models.DateTimeField()),
                ("period_end", models.DateTimeField()),
                ("anchor", models.DateTimeField()),
                ("trial_ends_at", models.DateTimeField(blank=True, null=True)),
                ("cancel_at_period_end", models.BooleanField(default=False)),
                ("past_due_since", models.DateTimeField(blank=True, null=True)),
                ("paused_at", models.DateTimeField(blank=True, null=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("stripe_subscription_id", models.CharField(blank=True, max_length=255)),
                ("updated_from", models.DateTimeField(blank=True, null=True)),
                ("trial_notice_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="subscriptions",
                        to="accounts.organization",
                    ),
                ),
                (
                    "plan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="subscriptions",
                        to="accounts.plan",
                    ),
                ),
                (
                    "price",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="subscriptions",
                        to="accounts.planprice",
                    ),
                ),
                (
                    "redemption",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="subscriptions",
                        to="accounts.redemption",
                    ),
                ),
            ],
            options={
                "ordering": ("-created_at", "-id"),
                "indexes": [
                    models.Index(
                        condition=models.Q(("ended_at", None)),
                        fields=["period_end"],
                        name="accounts_subscription_due",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)),
                        fields=("organization",),
                        name="accounts_subscription_one_open",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("stripe_subscription_id", ""), _negated=True),
                        fields=("stripe_subscription_id",),
                        name="accounts_subscription_stripe_unique",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ("trialing", "active", "past_due", "paused", "cancelled"))
                        ),
                        name="accounts_subscription_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("provider", "stripe"), models.Q(("stripe_subscription_id", ""), _negated=True)
                            ),
                            models.Q(("provider", "manual"), ("stripe_subscription_id", "")),
                            _connector="OR",
                        ),
                        name="accounts_subscription_provider_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at__isnull", False), ("state", "cancelled")),
                            models.Q(models.Q(("state", "cancelled"), _negated=True), ("ended_at", None)),
                            _connector="OR",
                        ),
                        name="accounts_subscription_ended_at",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "past_due"), _negated=True),
                            ("past_due_since__isnull", False),
                            _connector="OR",
                        ),
                        name="accounts_subscription_past_due_since",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "paused"), _negated=True),
                            ("paused_at__isnull", False),
                            _connector="OR",
                        ),
                        name="accounts_subscription_paused_at",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "trialing"), _negated=True),
                            ("trial_ends_at__isnull", False),
                            _connector="OR",
                        ),
                        name="accounts_subscription_trial_ends_at",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("period_end__gt", models.F("period_start"))),
                        name="accounts_subscription_period",
                    ),
                ],
            },
        ),
    ]
