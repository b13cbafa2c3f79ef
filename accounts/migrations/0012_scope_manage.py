import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    """What the scope `manage` is called."""

    dependencies = [("accounts", "0011_former_slugs")]

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
                        (
                            "manage",
                            "Make, replace and revoke API keys, read the audit log, rename the organization",
                        ),
                        ("members", "Invite, change and remove members, but no owners"),
                    ],
                    max_length=20,
                ),
                size=None,
            ),
        ),
    ]
