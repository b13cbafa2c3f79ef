import django.contrib.postgres.fields
import django.core.validators
from django.db import migrations, models

import accounts.billing.features


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0015_sensitive_scope"),
    ]

    operations = [
        migrations.AddField(
            model_name="plan",
            name="features",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(
                    choices=[
                        ("sql", "SQL over events"),
                        ("imports", "Imports of files"),
                        ("inference", "LLM jobs"),
                    ],
                    max_length=20,
                ),
                blank=True,
                default=accounts.billing.features.every_feature,
                size=None,
            ),
        ),
        migrations.AddField(
            model_name="plan",
            name="is_public",
            field=models.BooleanField(
                default=False, help_text="Offered to everybody on the plan page.", verbose_name="public"
            ),
        ),
        migrations.AddField(
            model_name="plan",
            name="llm_tokens_a_month",
            field=models.PositiveBigIntegerField(
                blank=True,
                help_text="Read and written by LLM jobs in a month; empty for no limit.",
                null=True,
                validators=[django.core.validators.MinValueValidator(1)],
                verbose_name="LLM tokens a month",
            ),
        ),
        migrations.AddField(
            model_name="plan",
            name="position",
            field=models.PositiveSmallIntegerField(
                default=0, help_text="Its place on the plan page, lowest first."
            ),
        ),
        migrations.AddField(
            model_name="plan",
            name="projects",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="Empty for no limit.",
                null=True,
                validators=[django.core.validators.MinValueValidator(1)],
            ),
        ),
        migrations.AddField(
            model_name="plan",
            name="seats",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="Members and open invitations together; empty for no limit.",
                null=True,
                validators=[django.core.validators.MinValueValidator(1)],
            ),
        ),
        migrations.AddField(
            model_name="plan",
            name="trial_days",
            field=models.PositiveSmallIntegerField(
                default=0,
                help_text="Days for nothing before the first payment, once for an organization; 0 for none.",
                validators=[django.core.validators.MaxValueValidator(365)],
            ),
        ),
        migrations.AddConstraint(
            model_name="plan",
            constraint=models.CheckConstraint(
                condition=models.Q(("llm_tokens_a_month", None), ("llm_tokens_a_month__gte", 1), _connector="OR"),
                name="accounts_plan_tokens_positive",
            ),
        ),
        migrations.AddConstraint(
            model_name="plan",
            constraint=models.CheckConstraint(
                condition=models.Q(("seats", None), ("seats__gte", 1), _connector="OR"),
                name="accounts_plan_seats_positive",
            ),
        ),
        migrations.AddConstraint(
            model_name="plan",
            constraint=models.CheckConstraint(
                condition=models.Q(("projects", None), ("projects__gte", 1), _connector="OR"),
                name="accounts_plan_projects_positive",
            ),
        ),
        migrations.AddConstraint(
            model_name="plan",
            constraint=models.CheckConstraint(
                condition=models.Q(("trial_days__lte", 365)), name="accounts_plan_trial_days"
            ),
        ),
    ]
