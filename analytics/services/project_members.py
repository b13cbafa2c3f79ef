"""Who knows of a project: everybody in the organization, or those who are chosen and those who manage projects."""

from collections.abc import Collection

from django.db import transaction

from accounts.access import Actor
from accounts.audited import Action, Target
from accounts.errors import FieldError, Invalid
from accounts.models import Membership
from accounts.permissions import Capability, roles_with
from analytics.models import Project, ProjectMember
from analytics.services import trail

# What a project's access is, as the audit log keeps it.
_Facts = dict[str, object]


@transaction.atomic
def limit(*, project: Project, membership_ids: Collection[int], actor: Actor) -> Project:
    """Only these members, and those who manage projects, know of it; it may be nobody but them.

    Raises Invalid, naming `members`, for a membership of elsewhere, or whose role sees no data.
    """
    found = _locked(project)
    chosen = Membership.objects.of(found.organization).filter(pk__in=membership_ids)
    able = chosen.filter(role__in=roles_with(Capability.VIEW_DATA)).values_list("pk", flat=True)
    if unknown := set(membership_ids).difference(able):
        message = f"No member of this organization who may see data: {', '.join(map(str, sorted(unknown)))}."
        raise Invalid("Not all of them can be chosen.", fields=[FieldError("members", message)])
    _set(found, limited=True, membership_ids=set(membership_ids), actor=actor)
    return found


@transaction.atomic
def open_up(*, project: Project, actor: Actor) -> Project:
    """Everybody in the organization knows of it again; who was chosen is forgotten."""
    found = _locked(project)
    _set(found, limited=False, membership_ids=set(), actor=actor)
    return found


def _set(project: Project, *, limited: bool, membership_ids: set[int], actor: Actor) -> None:
    before = _facts(project)
    project.is_limited = limited
    project.save(update_fields=["is_limited"])
    chosen = ProjectMember.objects.filter(project=project)
    chosen.exclude(membership__in=membership_ids).delete()
    ProjectMember.objects.bulk_create(
        [ProjectMember(project=project, membership_id=pk) for pk in sorted(membership_ids)], ignore_conflicts=True
    )
    trail.note_change(
        action=Action.PROJECT_ACCESS_CHANGED,
        actor=actor,
        project=project,
        target=Target(project.pk, project.name),
        before=before,
        after=_facts(project),
    )


def _facts(project: Project) -> _Facts:
    members = project.chosen.order_by("membership__user__email").values_list("membership__user__email", flat=True)
    return {"limited": project.is_limited, "members": list(members)}


def _locked(project: Project) -> Project:
    return Project.objects.select_for_update(of=("self",)).select_related("organization").get(pk=project.pk)
