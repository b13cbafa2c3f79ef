"""What is done in a project, noted in the audit log of its organization."""

from collections.abc import Mapping
from typing import Any

from accounts.access import Actor
from accounts.audited import NOTHING, Action, Place, Target
from accounts.services import audit
from analytics.models import Project


def note(
    *,
    action: Action,
    actor: Actor,
    project: Project,
    target: Target = NOTHING,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """As `audit.record` does, in the transaction of the change."""
    audit.record(
        action=action,
        actor=actor,
        organization_id=project.organization_id,
        target=target,
        place=Place(project.pk, project.name),
        before=before,
        after=after,
    )


def note_change(
    *,
    action: Action,
    actor: Actor,
    project: Project,
    target: Target,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> None:
    """Only what differs; where nothing does, there is no entry."""
    if changed := audit.differing(before, after):
        was, became = changed
        note(action=action, actor=actor, project=project, target=target, before=was, after=became)
