import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0023_spending"),
    ]

    operations = [
        migrations.CreateModel(
            name="UsageNotice",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("month", models.DateField(help_text="Its first day.")),
                ("subject", models.CharField(max_length=20)),
                ("percent", models.PositiveSmallIntegerField(help_text="Of the quota or cap.")),
                ("recipients", models.PositiveIntegerField(default=0)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="usage_notices",
                        to="accounts.organization",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization", "month", "subject", "percent"), name="accounts_usagenotice_unique"
                    )
                ],
            },
        ),
    ]
