"""Do the counts of kept events agree with what the ledger has, as they always must."""

from datetime import date

from django.db import connection

from accounts.billing.months import month_after

# A project that is gone has taken its counts with it; the ledger keeps its events.
_EVENTS = """
SELECT project_id, coalesce(counted.day, kept.day), coalesce(counted.events, 0), coalesce(kept.quantity, 0)
FROM (
    SELECT project_id, day, events FROM analytics_usagecount
    WHERE day >= %(first)s AND day < %(after)s AND events > 0
) AS counted
FULL JOIN (
    SELECT project_id, day, sum(quantity)::bigint AS quantity FROM accounts_usageday
    WHERE meter = 'events' AND day >= %(first)s AND day < %(after)s
        AND project_id IN (SELECT id FROM analytics_project)
    GROUP BY project_id, day
) AS kept USING (project_id, day)
WHERE coalesce(counted.events, 0) <> coalesce(kept.quantity, 0)
ORDER BY 1, 2
"""


def counts_and_ledger(month: date) -> list[str]:
    """The differences as sentences, one for each project and day."""
    with connection.cursor() as cursor:
        cursor.execute(_EVENTS, {"first": month, "after": month_after(month)})
        return [
            f"Project {project}, {day}: {counted:,} events are counted, the ledger has {kept:,}."
            for project, day, counted, kept in cursor.fetchall()
        ]
