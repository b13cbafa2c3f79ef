import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

# Nobody changes an entry, and one is deleted only with its organization, whose row is gone by then.
GUARD = """
CREATE FUNCTION accounts_usageentry_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF NOT EXISTS (SELECT FROM accounts_organization WHERE id = OLD.organization_id) THEN
            RETURN OLD;
        END IF;
    END IF;
    RAISE EXCEPTION 'The usage ledger is append-only: correct it by a negative entry.'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER accounts_usageentry_append_only BEFORE UPDATE OR DELETE ON accounts_usageentry
    FOR EACH ROW EXECUTE FUNCTION accounts_usageentry_refuse();
CREATE TRIGGER accounts_usageentry_no_truncate BEFORE TRUNCATE ON accounts_usageentry
    FOR EACH STATEMENT EXECUTE FUNCTION accounts_usageentry_refuse();
"""
UNGUARD = """
DROP TRIGGER accounts_usageentry_append_only ON accounts_usageentry;
DROP TRIGGER accounts_usageentry_no_truncate ON accounts_usageentry;
DROP FUNCTION accounts_usageentry_refuse();
"""
CASCADE = """
ALTER TABLE accounts_usageentry ADD CONSTRAINT accounts_usageentry_organization_fk
    FOREIGN KEY (organization_id) REFERENCES accounts_organization (id) ON DELETE CASCADE;
"""
UNCASCADE = "ALTER TABLE accounts_usageentry DROP CONSTRAINT accounts_usageentry_organization_fk;"


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0021_kept_retention"),
    ]

    operations = [
        migrations.CreateModel(
            name="UsageDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("project_id", models.BigIntegerField(default=0)),
                (
                    "meter",
                    models.CharField(
                        choices=[
                            ("events", "Events"),
                            ("llm_input_tokens", "Input tokens"),
                            ("llm_cached_tokens", "Input tokens from a cache"),
                            ("llm_output_tokens", "Output tokens"),
                            ("llm_reasoning_tokens", "Reasoning tokens"),
                            ("llm_cost", "Cost of models"),
                        ],
                        max_length=24,
                    ),
                ),
                ("model", models.CharField(blank=True, max_length=200)),
                ("currency", models.CharField(blank=True, max_length=3)),
                ("day", models.DateField()),
                ("quantity", models.BigIntegerField()),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="usage_days",
                        to="accounts.organization",
                    ),
                ),
            ],
            options={
                "ordering": ("day", "id"),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization", "day", "meter", "project_id", "model", "currency"),
                        name="accounts_usageday_unique",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="UsageEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("project_id", models.BigIntegerField(null=True)),
                (
                    "meter",
                    models.CharField(
                        choices=[
                            ("events", "Events"),
                            ("llm_input_tokens", "Input tokens"),
                            ("llm_cached_tokens", "Input tokens from a cache"),
                            ("llm_output_tokens", "Output tokens"),
                            ("llm_reasoning_tokens", "Reasoning tokens"),
                            ("llm_cost", "Cost of models"),
                        ],
                        max_length=24,
                    ),
                ),
                ("model", models.CharField(blank=True, help_text="Of an LLM; empty for events.", max_length=200)),
                ("currency", models.CharField(blank=True, help_text="Of a cost; empty otherwise.", max_length=3)),
                ("quantity", models.BigIntegerField()),
                ("day", models.DateField(help_text="In UTC.")),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("key", models.CharField(max_length=120)),
                (
                    "organization",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="usage_entries",
                        to="accounts.organization",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "usage entries",
                "ordering": ("-id",),
                "constraints": [
                    models.UniqueConstraint(fields=("organization", "key"), name="accounts_usageentry_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "meter__in",
                                [
                                    "events",
                                    "llm_input_tokens",
                                    "llm_cached_tokens",
                                    "llm_output_tokens",
                                    "llm_reasoning_tokens",
                                    "llm_cost",
                                ],
                            )
                        ),
                        name="accounts_usageentry_meter_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("meter", "llm_cost"), models.Q(("currency", ""), _negated=True)),
                            models.Q(models.Q(("meter", "llm_cost"), _negated=True), ("currency", "")),
                            _connector="OR",
                        ),
                        name="accounts_usageentry_cost_has_a_currency",
                    ),
                ],
            },
        ),
        migrations.RunSQL(CASCADE, UNCASCADE),
        migrations.RunSQL(GUARD, UNGUARD),
    ]
