"""For which limited projects somebody who is invited will be chosen.

Projects are analytics' own: they are reached by the organization's relation to them, and theirs to who is chosen.
"""

from collections.abc import Collection, Mapping
from typing import Any

from accounts.access import Actor
from accounts.audited import Action, Place, Target
from accounts.errors import FieldError, Forbidden, Invalid
from accounts.models import Membership, Organization
from accounts.permissions import ROLE_CAPABILITIES, Capability, Role
from accounts.services import audit


def check(organization: Organization, role: Role, project_ids: Collection[int], actor: Actor) -> list[int]:
    """The ids, sorted and each once.

    Raises Invalid, naming `project_ids`, for what is no limited project of the organization, and for a role that
    nobody is chosen with; Forbidden for a key that is kept from one of them.
    """
    wanted = sorted(set(project_ids))
    if not wanted:
        return []
    if not is_chosen_with(role):
        raise _invalid(f"Nobody is chosen as {role.label.lower()}: that role sees every project, or none.")
    known = set(organization.projects.filter(is_limited=True).values_list("pk", flat=True))
    if unknown := set(wanted) - known:
        raise _invalid(f"No limited projects of this organization: {', '.join(map(str, sorted(unknown)))}.")
    own = actor.secret_key.project_ids if actor.secret_key else None
    if own is not None and not set(wanted).issubset(own):
        raise Forbidden("This key is limited to projects, and lets nobody into others.")
    return wanted


def is_chosen_with(role: Role) -> bool:
    """Whether a role sees data, and not of every project as those who manage them do."""
    granted = ROLE_CAPABILITIES[role]
    return Capability.VIEW_DATA in granted and Capability.MANAGE_PROJECTS not in granted


def choose(*, membership: Membership, project_ids: Collection[int], actor: Actor) -> None:
    """Choose the member for those that are still there and still limited; noted as a change of each."""
    if not project_ids or not is_chosen_with(Role(membership.role)):
        return
    found = membership.organization.projects.select_for_update(of=("self",))
    for project in found.filter(pk__in=project_ids, is_limited=True).order_by("pk"):
        before = _members(project)
        project.chosen.get_or_create(membership=membership)
        changed = audit.differing(before, _members(project))
        if changed is not None:
            was, became = changed
            audit.record(
                action=Action.PROJECT_ACCESS_CHANGED,
                actor=actor,
                organization_id=membership.organization_id,
                target=Target(project.pk, project.name),
                place=Place(project.pk, project.name),
                before=was,
                after=became,
            )


def _members(project: Any) -> Mapping[str, list[str]]:
    chosen = project.chosen.order_by("membership__user__email")
    return {"members": list(chosen.values_list("membership__user__email", flat=True))}


def _invalid(message: str) -> Invalid:
    return Invalid("They cannot be chosen for these.", fields=[FieldError("project_ids", message)])
