import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0026_reported_blocks"),
    ]

    operations = [
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
                        ("sensitive", "See sensitive properties in what its other scopes show"),
                        (
                            "manage",
                            "Make, replace and revoke API keys, read the audit log, rename the organization",
                        ),
                        ("members", "Invite, change and remove members, but no owners"),
                        ("billing", "Read plan, subscription, usage and invoices"),
                    ],
                    max_length=20,
                ),
                size=None,
            ),
        ),
        migrations.AddField(
            model_name="invitation",
            name="project_ids",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(), blank=True, null=True, size=None
            ),
        ),
    ]
