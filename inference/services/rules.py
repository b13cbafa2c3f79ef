"""Set the rules that hold for the jobs of an organization, or of one project."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from accounts.access import Actor
from accounts.audited import NOTHING, NOWHERE_IN_PARTICULAR, Action, Place, Target
from accounts.errors import FieldError, Invalid
from accounts.models import Organization
from accounts.services import audit
from analytics.models import Project
from inference.choices import Personal
from inference.models import Policy

# Ten years.
LONGEST_KEPT = 3_650
MOST_RUNNING = 100_000


@transaction.atomic
def put(
    *,
    organization: Organization,
    actor: Actor,
    keep_days: int | None,
    redact: Sequence[str],
    observe_in: Project | None,
    most_running: int | None,
) -> Policy:
    """The rules of an organization, which hold where a project has none of its own.

    Raises Invalid, naming the field, for what is out of bounds or of elsewhere.
    """
    wrong = _faults(keep_days, redact)
    if observe_in is not None and observe_in.organization_id != organization.pk:
        wrong.append(FieldError("observe_in", "Not a project of this organization."))
    if most_running is not None and not 1 <= most_running <= MOST_RUNNING:
        wrong.append(FieldError("most_running", f"Between 1 and {MOST_RUNNING:,}."))
    values = {"observe_in": observe_in, "most_running": most_running}
    return _put(wrong, actor, organization, None, keep_days=keep_days, redact=_ordered(redact), **values)


@transaction.atomic
def put_own(*, project: Project, actor: Actor, keep_days: int | None, redact: Sequence[str]) -> Policy:
    """The rules of a project, in the place of its organization's; raises as `put` does."""
    wrong = _faults(keep_days, redact)
    return _put(wrong, actor, project.organization, project, keep_days=keep_days, redact=_ordered(redact))


@transaction.atomic
def remove_own(*, project: Project, actor: Actor) -> None:
    """From now on those of the organization hold for the project's jobs; a second time changes nothing."""
    policy = Policy.objects.select_for_update().filter(project=project).first()
    if policy is None:
        return
    _note(Action.JOB_RULES_REMOVED, actor, policy, before=_shown(policy))
    policy.delete()


def _faults(keep_days: int | None, redact: Sequence[str]) -> list[FieldError]:
    wrong = []
    if keep_days is not None and not 0 <= keep_days <= LONGEST_KEPT:
        wrong.append(FieldError("keep_days", f"Between 0 and {LONGEST_KEPT:,}, or empty to keep it for ever."))
    if set(redact) - set(Personal.values):
        wrong.append(FieldError("redact", f"Each one of {', '.join(Personal.values)}."))
    return wrong


def _put(
    wrong: list[FieldError], actor: Actor, organization: Organization, project: Project | None, **values: Any
) -> Policy:
    if wrong:
        raise Invalid("The rules are not valid.", fields=wrong)
    Organization.objects.select_for_update().get(pk=organization.pk)
    known = Policy.objects.select_related("observe_in", "project")
    policy = known.filter(organization=organization, project=project).first()
    policy = policy or Policy(organization=organization, project=project)
    before = _shown(policy)
    for name, value in values.items():
        setattr(policy, name, value)
    is_new = policy.pk is None
    policy.save()
    if is_new or before != _shown(policy):
        _note(Action.JOB_RULES_CHANGED, actor, policy, before=None if is_new else before, after=_shown(policy))
    return policy


def _ordered(redact: Sequence[str]) -> list[str]:
    return [kind for kind in Personal.values if kind in set(redact)]


def _shown(policy: Policy) -> dict[str, Any]:
    common: dict[str, Any] = {"keep_days": policy.keep_days, "redact": list(policy.redact)}
    if policy.project is not None:
        return common
    watched = policy.observe_in.name if policy.observe_in else None
    return {**common, "observe_in": watched, "most_running": policy.most_running}


def _note(action: Action, actor: Actor, policy: Policy, **changed: Any) -> None:
    project = policy.project
    audit.record(
        action=action,
        actor=actor,
        organization_id=policy.organization_id,
        target=Target(project.pk, project.name) if project else NOTHING,
        place=Place(project.pk, project.name) if project else NOWHERE_IN_PARTICULAR,
        **changed,
    )
