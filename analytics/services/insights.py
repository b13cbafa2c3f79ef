"""Saved insights: each change is kept with who made it, and can be taken back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.access import Actor
from accounts.audited import Action, Target
from accounts.errors import Conflict, FieldError, Invalid, NotFound
from accounts.services import audit
from analytics.kinds import parse_spec
from analytics.kinds.base import holds_nul
from analytics.kinds.named import named_by
from analytics.models import Insight, InsightChange, Project, Visibility
from analytics.models.insights import LONGEST_DESCRIPTION, LONGEST_NAME
from analytics.queries import cohort_members, sensitive
from analytics.queries.sensitive import hidden_from
from analytics.services import shares, trail

MOST = 5_000
_FIELDS = ("name", "description", "is_favourite", "visibility", "spec")
What = InsightChange.What
_ACTIONS = {
    What.CREATED: Action.INSIGHT_CREATED,
    What.CHANGED: Action.INSIGHT_CHANGED,
    What.DELETED: Action.INSIGHT_DELETED,
    What.RESTORED: Action.INSIGHT_RESTORED,
}


@dataclass(frozen=True, slots=True)
class Content:
    """What an insight says; None leaves it as it is."""

    name: str | None = None
    description: str | None = None
    is_favourite: bool | None = None
    visibility: Visibility | None = None
    spec: Mapping[str, Any] | None = None

    @property
    def given(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in _FIELDS if getattr(self, name) is not None}


@transaction.atomic
def create(*, project: Project, actor: Actor, content: Content) -> Insight:
    """Raises Invalid naming each wrong field, those of the spec as `spec.…`; Conflict where there are too many.

    Raises Forbidden for a spec that asks about what is hidden from who acts.
    """
    given = content.given
    missing = [FieldError(name, "Say this.") for name in ("name", "spec") if name not in given]
    if missing:
        raise Invalid("An insight has a name and a spec.", fields=missing)
    _check(project, actor, content)
    if Insight.objects.filter(project=project).count() >= MOST:
        raise Conflict(f"The project has {MOST:,} insights already.")
    insight = Insight.objects.create(project=project, created_by=actor.user, updated_by=actor.user, **given)
    _note(insight, actor, What.CREATED, before=None, after=given)
    return insight


@transaction.atomic
def change(*, insight: Insight, actor: Actor, content: Content) -> Insight:
    """What changes nothing leaves no trace. One that becomes private has no public links any more.

    Raises as `create` does; Invalid also where somebody else's is to be made private.
    """
    _check(insight.project, actor, content)
    found = _locked(insight)
    if content.visibility == Visibility.PRIVATE and found.created_by_id != getattr(actor.user, "pk", None):
        raise Invalid(
            "It is somebody else's.", fields=[FieldError("visibility", "Only its maker makes it private.")]
        )
    changed = {name: value for name, value in content.given.items() if getattr(found, name) != value}
    if changed:
        _write(found, actor, What.CHANGED, changed)
        if changed.get("visibility") == Visibility.PRIVATE:
            shares.revoke_all(insight=found, actor=actor)
    return found


@transaction.atomic
def delete(*, insight: Insight, actor: Actor) -> None:
    """Out of every list, with its public links; its history stays."""
    shares.revoke_all(insight=insight, actor=actor)
    _write(_locked(insight), actor, What.DELETED, {"deleted_at": timezone.now()})


@transaction.atomic
def restore(*, insight: Insight, actor: Actor, number: int) -> Insight:
    """What it was from this change on, also where it was deleted since; who sees it stays as it is.

    Raises NotFound for another number, Forbidden as `create` does.
    """
    found = _locked(insight)
    earlier = found.changes.filter(number=number).first()
    if earlier is None:
        raise NotFound("The insight has no such change.")
    sensitive.require(earlier.spec, hidden_from(actor, found.project), within="spec.")
    values = {name: getattr(earlier, name) for name in _FIELDS if name != "visibility"}
    _write(found, actor, What.RESTORED, {**values, "deleted_at": None})
    return found


def _locked(insight: Insight) -> Insight:
    return Insight.objects.select_for_update(of=("self",)).select_related("project").get(pk=insight.pk)


def _write(insight: Insight, actor: Actor, what: What, values: Mapping[str, Any]) -> None:
    before = {name: getattr(insight, name) for name in values}
    for name, value in values.items():
        setattr(insight, name, value)
    insight.updated_by, insight.updated_at = actor.user, timezone.now()
    insight.save(update_fields=[*values, "updated_by", "updated_at"])
    was, became = audit.differing(before, values) or ({}, {})
    _note(insight, actor, what, before=was, after=became)


def _note(
    insight: Insight,
    actor: Actor,
    what: What,
    *,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any],
) -> None:
    """A row of the insight's own history, which can be gone back to, and an entry of the audit log."""
    InsightChange.objects.create(
        insight=insight,
        number=insight.changes.count() + 1,
        what=what,
        by=actor.user,
        by_key=actor.secret_key,
        **{name: getattr(insight, name) for name in _FIELDS},
    )
    trail.note(
        action=_ACTIONS[what],
        actor=actor,
        project=insight.project,
        target=Target(str(insight.pk), insight.name),
        before=before,
        after=after,
    )


def _check(project: Project, actor: Actor, content: Content) -> None:
    if content.spec is not None:
        sensitive.require(content.spec, hidden_from(actor, project), within="spec.")
    wrong = [
        FieldError(name, f"Has at most {most:,} characters, none of them NUL.")
        for name, text, most in (
            ("name", content.name, LONGEST_NAME),
            ("description", content.description, LONGEST_DESCRIPTION),
        )
        if text is not None and (len(text) > most or "\0" in text)
    ]
    if content.name is not None and not content.name.strip():
        wrong.append(FieldError("name", "Say this."))
    if content.visibility == Visibility.PRIVATE and actor.user is None:
        wrong.append(FieldError("visibility", "A key is nobody: what it kept private, no one would see."))
    wrong += _wrong_in(project, content.spec)
    if wrong:
        raise Invalid("The insight is not valid.", fields=wrong)


def _wrong_in(project: Project, spec: Mapping[str, Any] | None) -> list[FieldError]:
    if spec is None:
        return []
    if holds_nul(spec):
        return [FieldError("spec", "Holds the character NUL, which is in no event.")]
    try:
        cohort_members.found(project.pk, named_by(parse_spec(spec)).cohorts)
    except Invalid as error:
        return [FieldError(f"spec.{item.field}", item.message) for item in error.fields]
    return []
