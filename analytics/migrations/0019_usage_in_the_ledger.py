from django.db import migrations

# What was counted before there was a ledger: one entry for each project and day. Posted twice it counts once.
OPEN = """
WITH posted AS (
    INSERT INTO accounts_usageentry
        (organization_id, project_id, meter, model, currency, quantity, day, at, key)
    SELECT project.organization_id, counted.project_id, 'events', '', '', counted.events, counted.day, now(),
        'opening:events:' || counted.project_id || ':' || counted.day
    FROM analytics_usagecount AS counted JOIN analytics_project AS project ON project.id = counted.project_id
    WHERE counted.events > 0
    ON CONFLICT (organization_id, key) DO NOTHING
    RETURNING organization_id, project_id, quantity, day
)
INSERT INTO accounts_usageday AS kept (organization_id, project_id, meter, model, currency, quantity, day)
SELECT organization_id, project_id, 'events', '', '', sum(quantity)::bigint, day FROM posted
GROUP BY organization_id, project_id, day
ON CONFLICT (organization_id, day, meter, project_id, model, currency)
DO UPDATE SET quantity = kept.quantity + excluded.quantity;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0022_usage_ledger"),
        ("analytics", "0018_insight_shares"),
    ]

    # Going back, the ledger goes with its tables.
    operations = [migrations.RunSQL(OPEN, migrations.RunSQL.noop)]
