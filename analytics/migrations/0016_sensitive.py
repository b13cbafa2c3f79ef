from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0015_project_members"),
    ]

    operations = [
        migrations.AddField(
            model_name="propertydefinition",
            name="is_sensitive",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="queryrun",
            name="hidden",
            field=models.JSONField(db_default=models.Value({}, models.JSONField()), default=dict),
        ),
        migrations.AddIndex(
            model_name="propertydefinition",
            index=models.Index(
                condition=models.Q(("is_sensitive", True)), fields=["project"], name="analytics_property_sensitive"
            ),
        ),
    ]
