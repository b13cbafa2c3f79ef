import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Plan",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("slug", models.SlugField(max_length=60, unique=True)),
                ("name", models.CharField(max_length=100)),
                (
                    "is_default",
                    models.BooleanField(
                        default=False,
                        help_text="For organizations without a plan of their own; at most one plan is.",
                        verbose_name="default",
                    ),
                ),
                (
                    "events_a_month",
                    models.PositiveBigIntegerField(
                        blank=True,
                        help_text="Kept in a month; empty for no limit.",
                        null=True,
                        validators=[django.core.validators.MinValueValidator(1)],
                    ),
                ),
                (
                    "warn_from",
                    models.PositiveSmallIntegerField(
                        default=80,
                        help_text="Percent of the quota from which people are warned, 1 to 100.",
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(100),
                        ],
                    ),
                ),
                (
                    "refuse_from",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        default=120,
                        help_text="Percent of the quota from which events are refused, 100 to 1000; empty for never.",
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(100),
                            django.core.validators.MaxValueValidator(1000),
                        ],
                    ),
                ),
                (
                    "retention_months",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="Months after which an event is deleted for good; empty for never.",
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(1200),
                        ],
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
            options={
                "ordering": ("name", "id"),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_default", True)),
                        fields=("is_default",),
                        name="accounts_plan_one_default",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("events_a_month", None), ("events_a_month__gte", 1), _connector="OR"),
                        name="accounts_plan_events_positive",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("warn_from__gte", 1), ("warn_from__lte", 100)),
                        name="accounts_plan_warn_from_percent",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("refuse_from", None),
                            models.Q(("refuse_from__gte", 100), ("refuse_from__lte", 1000)),
                            _connector="OR",
                        ),
                        name="accounts_plan_refuse_from_percent",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("retention_months", None),
                            models.Q(("retention_months__gte", 1), ("retention_months__lte", 1200)),
                            _connector="OR",
                        ),
                        name="accounts_plan_retention_positive",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="organization",
            name="plan",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="organizations",
                to="accounts.plan",
            ),
        ),
    ]
