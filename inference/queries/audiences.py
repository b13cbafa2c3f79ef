"""Who is told when jobs end: most organizations have set nothing up, and then nothing more is asked for them."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db import connection

_AUDIENCES = """
SELECT organization_id, 'project' FROM inference_policy
WHERE organization_id = ANY(%(ids)s) AND project_id IS NULL AND observe_in_id IS NOT NULL
UNION ALL
SELECT organization_id, 'webhook' FROM inference_webhookendpoint
WHERE organization_id = ANY(%(ids)s) AND disabled_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class Audiences:
    """Organizations with a project that their calls are noted in, and those with a webhook that is on."""

    projects: frozenset[int]
    webhooks: frozenset[int]


def of(organizations: Collection[int]) -> Audiences:
    """Of these."""
    with connection.cursor() as cursor:
        cursor.execute(_AUDIENCES, {"ids": list(organizations)})
        rows = cursor.fetchall()
    return Audiences(
        frozenset(organization for organization, what in rows if what == "project"),
        frozenset(organization for organization, what in rows if what == "webhook"),
    )
