import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0019_subscriptions"),
    ]

    operations = [
        migrations.CreateModel(
            name="StripeEvent",
            fields=[
                ("id", models.CharField(max_length=255, primary_key=True, serialize=False)),
                ("type", models.CharField(max_length=100)),
                ("created", models.DateTimeField()),
                ("object_id", models.CharField(blank=True, max_length=255)),
                ("subscription_id", models.CharField(blank=True, max_length=255)),
                ("received_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("processed_at", models.DateTimeField(blank=True, null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("retry_at", models.DateTimeField(blank=True, null=True)),
                ("error", models.TextField(blank=True)),
            ],
            options={
                "verbose_name": "Stripe event",
                "ordering": ("-received_at", "-id"),
                "indexes": [
                    models.Index(
                        condition=models.Q(("processed_at", None)),
                        fields=["retry_at"],
                        name="accounts_stripeevent_waiting",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="BillingProfile",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                (
                    "name",
                    models.CharField(
                        blank=True, help_text="Of the company; empty for the organization's.", max_length=200
                    ),
                ),
                (
                    "email",
                    models.EmailField(
                        blank=True,
                        help_text="Where invoices go; empty for owners and who has the role billing.",
                        max_length=254,
                    ),
                ),
                (
                    "address",
                    models.TextField(
                        blank=True, help_text="Street, postal code and town, in lines.", max_length=500
                    ),
                ),
                ("country", models.CharField(blank=True, help_text="Two letters, as in ISO 3166.", max_length=2)),
                (
                    "tax_id",
                    models.CharField(
                        blank=True, help_text="VAT number or the like.", max_length=40, verbose_name="tax ID"
                    ),
                ),
                ("stripe_customer_id", models.CharField(blank=True, editable=False, max_length=255)),
                (
                    "organization",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="billing_profile",
                        to="accounts.organization",
                    ),
                ),
            ],
            options={
                "ordering": ("organization",),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("stripe_customer_id", ""), _negated=True),
                        fields=("stripe_customer_id",),
                        name="accounts_billingprofile_stripe_unique",
                    )
                ],
            },
        ),
    ]
