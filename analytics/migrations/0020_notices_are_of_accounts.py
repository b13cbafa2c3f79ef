from django.db import migrations

# Notices of all quotas and caps are kept together. A worker of the version before misses the table for as long as it
# still runs, logs that, and tells nobody meanwhile.
KEEP = """
INSERT INTO accounts_usagenotice (organization_id, month, subject, percent, recipients, created_at)
SELECT notice.organization_id, notice.month, 'events',
    CASE notice.threshold
        WHEN 'warn' THEN coalesce(plan.warn_from, 80)
        WHEN 'over' THEN 100
        ELSE coalesce(plan.refuse_from, 120)
    END,
    notice.recipients, notice.created_at
FROM analytics_quotanotice AS notice
JOIN accounts_organization AS organization ON organization.id = notice.organization_id
LEFT JOIN accounts_plan AS plan
    ON plan.id = coalesce(organization.plan_id, (SELECT id FROM accounts_plan WHERE is_default))
ON CONFLICT (organization_id, month, subject, percent) DO NOTHING;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0024_usage_notices"),
        ("analytics", "0019_usage_in_the_ledger"),
    ]

    operations = [
        migrations.RunSQL(KEEP, migrations.RunSQL.noop),
        migrations.DeleteModel(name="QuotaNotice"),
    ]
