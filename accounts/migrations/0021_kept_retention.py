import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0020_stripe_events"),
    ]

    operations = [
        migrations.AddField(
            model_name="organization",
            name="retention_plan",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="accounts.plan",
            ),
        ),
        migrations.AddField(
            model_name="organization",
            name="retention_plan_until",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
    ]
