import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0010_invitations"),
        ("analytics", "0014_cohorts"),
    ]

    operations = [
        migrations.AddField(
            model_name="project",
            name="is_limited",
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        migrations.CreateModel(
            name="ProjectMember",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                (
                    "membership",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="accounts.membership"
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="chosen", to="analytics.project"
                    ),
                ),
            ],
            options={
                "ordering": ("membership",),
                "constraints": [
                    models.UniqueConstraint(fields=("project", "membership"), name="analytics_projectmember_once")
                ],
            },
        ),
    ]
