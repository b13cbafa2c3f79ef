import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0007_audit"),
    ]

    operations = [
        migrations.AddField(
            model_name="secretkey",
            name="expires_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="secretkey",
            name="requests_a_minute",
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="secretkey",
            name="previous_hash",
            field=models.CharField(blank=True, editable=False, max_length=64, null=True, unique=True),
        ),
        migrations.AddField(
            model_name="secretkey",
            name="previous_hint",
            field=models.CharField(blank=True, db_default="", default="", editable=False, max_length=12),
        ),
        migrations.AddField(
            model_name="secretkey",
            name="previous_until",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="secretkey",
            name="previous_used_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddConstraint(
            model_name="secretkey",
            constraint=models.CheckConstraint(
                condition=models.Q(("requests_a_minute", None), ("requests_a_minute__gte", 1), _connector="OR"),
                name="accounts_secretkey_requests_positive",
            ),
        ),
        migrations.AddConstraint(
            model_name="secretkey",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("previous_hash", None), ("previous_until", None)),
                    models.Q(("previous_hash__isnull", False), ("previous_until__isnull", False)),
                    _connector="OR",
                ),
                name="accounts_secretkey_previous_ends",
            ),
        ),
        migrations.AlterField(
            model_name="secretkey",
            name="scopes",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(
                    choices=[
                        ("query", "Run queries"),
                        ("ingest", "Send events to any project of the organization"),
                        ("inference", "Run inference jobs"),
                        ("privacy", "Export and erase people"),
                        ("manage", "Make, replace and revoke API keys, and read the audit log"),
                    ],
                    max_length=20,
                ),
                size=None,
            ),
        ),
    ]
