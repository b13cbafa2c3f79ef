import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0025_invoices"),
    ]

    operations = [
        migrations.CreateModel(
            name="ReportedBlocks",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("month", models.DateField()),
                ("kind", models.CharField(max_length=10)),
                ("told", models.PositiveBigIntegerField(default=0)),
                ("telling", models.PositiveBigIntegerField(null=True)),
                ("telling_at", models.DateTimeField(null=True)),
                (
                    "subscription",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="reported_blocks",
                        to="accounts.subscription",
                    ),
                ),
            ],
            options={
                "ordering": ("-month", "-id"),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("subscription", "month", "kind"), name="accounts_reportedblocks_once"
                    )
                ],
            },
        ),
    ]
