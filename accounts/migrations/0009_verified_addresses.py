from django.db import migrations
from django.db.models.functions import Lower


def believe(apps, schema_editor):  # noqa: ARG001 (Django's signature)
    """Who had an account before addresses had to be confirmed keeps it; one that was refused stays so."""
    user = apps.get_model("accounts", "User")
    address = apps.get_model("account", "EmailAddress")
    taken = set(address.objects.filter(verified=True).values_list(Lower("email"), flat=True))
    known = set(address.objects.values_list("user_id", flat=True))
    rows = user.objects.exclude(pk__in=known).values_list("pk", "email")
    address.objects.bulk_create(
        address(user_id=pk, email=email.lower(), verified=True, primary=True)
        for pk, email in rows
        if email.lower() not in taken
    )


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0008_keys"),
        ("account", "0009_emailaddress_unique_primary_email"),
    ]

    operations = [migrations.RunPython(believe, migrations.RunPython.noop)]
