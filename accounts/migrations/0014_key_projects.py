import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0013_single_sign_on"),
    ]

    operations = [
        migrations.AddField(
            model_name="secretkey",
            name="project_ids",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(), blank=True, null=True, size=None
            ),
        ),
        migrations.AddConstraint(
            model_name="secretkey",
            constraint=models.CheckConstraint(
                condition=models.Q(("project_ids", None), ("project_ids__len__gt", 0), _connector="OR"),
                name="accounts_secretkey_has_a_project",
            ),
        ),
    ]
