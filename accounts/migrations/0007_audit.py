import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

# Nobody changes an entry. One is deleted with its organization, whose row is gone by then, or by the product's own
# expiry, which says so in its transaction and can never reach what is younger than 30 days.
GUARD = """
CREATE FUNCTION accounts_auditentry_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.organization_id IS NOT NULL
           AND NOT EXISTS (SELECT FROM accounts_organization WHERE id = OLD.organization_id) THEN
            RETURN OLD;
        END IF;
        IF current_setting('plumbline.audit_expiry', true) = 'on'
           AND OLD.created_at < now() - interval '30 days' THEN
            RETURN OLD;
        END IF;
    END IF;
    RAISE EXCEPTION 'The audit log is append-only.' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER accounts_auditentry_append_only BEFORE UPDATE OR DELETE ON accounts_auditentry
    FOR EACH ROW EXECUTE FUNCTION accounts_auditentry_refuse();
CREATE TRIGGER accounts_auditentry_no_truncate BEFORE TRUNCATE ON accounts_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION accounts_auditentry_refuse();
"""
UNGUARD = """
DROP TRIGGER accounts_auditentry_append_only ON accounts_auditentry;
DROP TRIGGER accounts_auditentry_no_truncate ON accounts_auditentry;
DROP FUNCTION accounts_auditentry_refuse();
"""
CASCADE = """
ALTER TABLE accounts_auditentry ADD CONSTRAINT accounts_auditentry_organization_fk
    FOREIGN KEY (organization_id) REFERENCES accounts_organization (id) ON DELETE CASCADE;
"""
UNCASCADE = "ALTER TABLE accounts_auditentry DROP CONSTRAINT accounts_auditentry_organization_fk;"


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_query_limits"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="membership",
            name="accounts_membership_role_known",
        ),
        migrations.AlterField(
            model_name="membership",
            name="role",
            field=models.CharField(
                choices=[
                    ("owner", "Owner"),
                    ("admin", "Admin"),
                    ("analyst", "Analyst"),
                    ("viewer", "Viewer"),
                    ("billing", "Billing"),
                ],
                max_length=20,
            ),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.CheckConstraint(
                condition=models.Q(("role__in", ["owner", "admin", "analyst", "viewer", "billing"])),
                name="accounts_membership_role_known",
            ),
        ),
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("action", models.CharField(max_length=60)),
                (
                    "actor_kind",
                    models.CharField(
                        choices=[
                            ("person", "Person"),
                            ("key", "API key"),
                            ("staff", "Staff of the installation"),
                            ("system", "Plumbline itself"),
                            ("anonymous", "Not logged in"),
                        ],
                        max_length=10,
                    ),
                ),
                ("actor_id", models.BigIntegerField(null=True)),
                ("actor_name", models.CharField(blank=True, max_length=254)),
                ("target_id", models.CharField(blank=True, max_length=64)),
                ("target_name", models.CharField(blank=True, max_length=254)),
                ("project_id", models.BigIntegerField(null=True)),
                ("project_name", models.CharField(blank=True, max_length=200)),
                ("before", models.JSONField(null=True)),
                ("after", models.JSONField(null=True)),
                ("address", models.GenericIPAddressField(null=True)),
                ("user_agent", models.CharField(blank=True, max_length=300)),
                (
                    "organization",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="audit_entries",
                        to="accounts.organization",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "audit entries",
                "ordering": ("-created_at", "-id"),
                "indexes": [
                    models.Index(fields=["organization", "-created_at", "-id"], name="accounts_auditentry_newest"),
                    models.Index(fields=["created_at"], name="accounts_auditentry_age"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("actor_kind__in", ["person", "key", "staff", "system", "anonymous"])),
                        name="accounts_auditentry_actor_kind_known",
                    )
                ],
            },
        ),
        migrations.RunSQL(CASCADE, UNCASCADE),
        migrations.RunSQL(GUARD, UNGUARD),
    ]
