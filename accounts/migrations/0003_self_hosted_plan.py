"""The plan of an installation that sells nothing: no limits, for every organization without another plan."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def make(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:  # noqa: ARG001 (Django's signature)
    Plan = apps.get_model("accounts", "Plan")
    Plan.objects.get_or_create(
        slug="self-hosted", defaults={"name": "Self-hosted", "is_default": True, "refuse_from": None}
    )


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_plans")]

    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
