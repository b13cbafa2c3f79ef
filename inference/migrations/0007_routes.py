import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inference", "0006_webhook_secrets_and_turns")]

    operations = [
        migrations.AddField(
            "call",
            "credential",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="inference.credential",
            ),
        ),
        migrations.AddField("credential", "is_default", models.BooleanField(default=False, db_default=False)),
        migrations.AddField("job", "deadline_seconds", models.PositiveIntegerField(blank=True, null=True)),
        migrations.AddConstraint(
            "credential",
            models.UniqueConstraint(
                condition=models.Q(("is_default", True), ("revoked_at", None)),
                fields=("organization", "provider"),
                name="inference_credential_one_default",
            ),
        ),
    ]
