import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0022_usage_ledger"),
    ]

    operations = [
        migrations.CreateModel(
            name="Reservation",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("key", models.CharField(max_length=120)),
                ("currency", models.CharField(max_length=3)),
                ("amount", models.BigIntegerField(help_text="Micro-units.")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("held", "Held"),
                            ("settled", "Settled"),
                            ("released", "Released"),
                            ("expired", "Forgotten"),
                        ],
                        default="held",
                        max_length=10,
                    ),
                ),
                ("settled", models.BigIntegerField(help_text="What it came to, in micro-units.", null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("expires_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(null=True)),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="reservations",
                        to="accounts.organization",
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "held")),
                        fields=["organization", "currency"],
                        include=("amount",),
                        name="accounts_reservation_held",
                    ),
                    models.Index(
                        condition=models.Q(("state", "held")),
                        fields=["expires_at"],
                        name="accounts_reservation_expiry",
                    ),
                    models.Index(fields=["closed_at"], name="accounts_reservation_closed"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("organization", "key"), name="accounts_reservation_once"),
                    models.CheckConstraint(
                        condition=models.Q(("amount__gte", 0)), name="accounts_reservation_not_negative"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ("held", "settled", "released", "expired"))),
                        name="accounts_reservation_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "held"), ("closed_at", None)),
                            models.Q(models.Q(("state", "held"), _negated=True), ("closed_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="accounts_reservation_closed_has_its_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "settled"), ("settled__gte", 0)),
                            models.Q(models.Q(("state", "settled"), _negated=True), ("settled", None)),
                            _connector="OR",
                        ),
                        name="accounts_reservation_settled_has_its_amount",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SpendingCap",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("currency", models.CharField(max_length=3)),
                ("amount", models.BigIntegerField(help_text="Micro-units: 1,000,000 is one euro, dollar, …")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("changed_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="spending_caps",
                        to="accounts.organization",
                    ),
                ),
            ],
            options={
                "ordering": ("organization", "currency"),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization", "currency"), name="accounts_spendingcap_unique"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("amount__gte", 0), ("amount__lte", 10000000000000)),
                        name="accounts_spendingcap_range",
                    ),
                ],
            },
        ),
    ]
