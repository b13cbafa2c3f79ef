from django.db import migrations

# Tokens of jobs that ended before there was a ledger, under the keys that they would have today. The built-in provider
# counts words.
OPEN = """
WITH posted AS (
    INSERT INTO accounts_usageentry
        (organization_id, project_id, meter, model, currency, quantity, day, at, key)
    SELECT job.organization_id, NULL, used.meter, job.model, '', used.tokens,
        (job.finished_at AT TIME ZONE 'UTC')::date, job.finished_at, 'job:' || job.id || ':' || used.meter
    FROM inference_job AS job CROSS JOIN LATERAL (
        VALUES ('llm_input_tokens', job.tokens_input), ('llm_output_tokens', job.tokens_output)
    ) AS used (meter, tokens)
    WHERE job.finished_at IS NOT NULL AND job.provider <> 'builtin' AND used.tokens > 0
    ON CONFLICT (organization_id, key) DO NOTHING
    RETURNING organization_id, meter, model, quantity, day
)
INSERT INTO accounts_usageday AS kept (organization_id, project_id, meter, model, currency, quantity, day)
SELECT organization_id, 0, meter, model, '', sum(quantity)::bigint, day FROM posted
GROUP BY organization_id, meter, model, day
ON CONFLICT (organization_id, day, meter, project_id, model, currency)
DO UPDATE SET quantity = kept.quantity + excluded.quantity;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0023_spending"),
        ("inference", "0002_spending"),
    ]

    # Going back, the ledger goes with its tables.
    operations = [migrations.RunSQL(OPEN, migrations.RunSQL.noop)]
