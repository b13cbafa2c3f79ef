import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_self_hosted_plan"),
        ("analytics", "0004_definitions"),
    ]

    operations = [
        migrations.CreateModel(
            name="QuotaNotice",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("month", models.DateField(help_text="Its first day.")),
                (
                    "threshold",
                    models.CharField(
                        choices=[
                            ("warn", "Close to the quota"),
                            ("over", "Over the quota"),
                            ("refused", "Events are refused"),
                        ],
                        max_length=10,
                    ),
                ),
                ("recipients", models.PositiveIntegerField(default=0)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="quota_notices",
                        to="accounts.organization",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization", "month", "threshold"), name="analytics_quotanotice_unique"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("threshold__in", ("warn", "over", "refused"))),
                        name="analytics_quotanotice_threshold_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="UsageCount",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("day", models.DateField()),
                ("events", models.PositiveBigIntegerField(default=0)),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="usage_counts",
                        to="analytics.project",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("project", "day"), name="analytics_usagecount_unique")
                ],
            },
        ),
    ]
