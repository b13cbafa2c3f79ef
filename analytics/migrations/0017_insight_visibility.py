from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0016_sensitive"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="insight",
            name="visibility",
            field=models.CharField(
                choices=[("private", "Only me"), ("organization", "Everybody who sees the project")],
                db_default="organization",
                default="organization",
                max_length=12,
            ),
        ),
        migrations.AddField(
            model_name="insightchange",
            name="visibility",
            field=models.CharField(
                choices=[("private", "Only me"), ("organization", "Everybody who sees the project")],
                db_default="organization",
                default="organization",
                max_length=12,
            ),
        ),
        migrations.AddConstraint(
            model_name="insight",
            constraint=models.CheckConstraint(
                condition=models.Q(("visibility__in", ["private", "organization"])),
                name="analytics_insight_visibility_known",
            ),
        ),
    ]
