"""The audit log as a file; that it was taken out is in it as well."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from django.db import transaction

from accounts.access import Actor
from accounts.audited import Action
from accounts.models import Organization
from accounts.queries.audit import Selection, entries_of
from accounts.services import audit
from accounts.spreadsheet import as_text

# Of one file, the newest.
MOST = 50_000
COLUMNS = (
    "time", "action", "actor_kind", "actor_id", "actor", "target_id", "target", "project_id", "project", "before",
    "after", "address", "user_agent",
)  # fmt: skip
_FIELDS = (
    "created_at", "action", "actor_kind", "actor_id", "actor_name", "target_id", "target_name", "project_id",
    "project_name", "before", "after", "address", "user_agent",
)  # fmt: skip


@transaction.atomic
def rows(*, organization: Organization, actor: Actor, selection: Selection) -> Iterator[Sequence[Any]]:
    """The columns' names, then what was selected, newest first, harmless to a spreadsheet."""
    found = entries_of(organization, selection).values_list(*_FIELDS)[:MOST]
    lines = [[_cell(value) for value in line] for line in found]
    asked = {
        name: getattr(selection, name) for name in ("search", "action", "actor", "first", "last")
        if getattr(selection, name)
    }  # fmt: skip
    audit.record(
        action=Action.AUDIT_EXPORTED,
        actor=actor,
        organization_id=organization.pk,
        after={**asked, "rows": len(lines)},
    )
    return iter([COLUMNS, *lines])


def _cell(value: Any) -> Any:
    if isinstance(value, dict):
        return as_text(json.dumps(value, ensure_ascii=False))
    return value.isoformat() if hasattr(value, "isoformat") else as_text(value)
