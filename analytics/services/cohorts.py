"""Cohorts are made, changed and deleted; whoever is in them is computed later (`cohort_work`)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.access import Actor
from accounts.audited import Action, Target
from accounts.errors import Conflict, FieldError, Invalid
from analytics import access
from analytics.cohorts.definition import parse
from analytics.ingestion.cleaning import MAX_ID
from analytics.kinds.base import holds_nul
from analytics.kinds.named import named_by
from analytics.models import Cohort, Project
from analytics.models.cohorts import LONGEST_DESCRIPTION, LONGEST_NAME
from analytics.queries import cohorts, sensitive
from analytics.queries.cohort_members import UNKNOWN
from analytics.queries.sensitive import hidden_from
from analytics.services import trail

MOST = 500
MOST_LISTED = 50_000
# Of what needs a cohort, in one sentence.
MOST_NAMED = 5
_LONGEST_TEXT = {"name": LONGEST_NAME, "description": LONGEST_DESCRIPTION}
_MEANING = ("conditions", "people")


@dataclass(frozen=True, slots=True)
class Content:
    """What a cohort says; None leaves it as it is. Conditions or people: one takes the place of the other."""

    name: str | None = None
    description: str | None = None
    conditions: Sequence[Any] | None = None
    people: Sequence[str] | None = None

    @property
    def given(self) -> dict[str, Any]:
        """The fields that are written."""
        texts = {name: getattr(self, name) for name in _LONGEST_TEXT if getattr(self, name) is not None}
        if self.conditions is None and self.people is None:
            return texts
        people = None if self.people is None else listed(self.people)
        return {**texts, "conditions": self.conditions, "people": people}


@transaction.atomic
def create(*, project: Project, actor: Actor, content: Content) -> Cohort:
    """Raises Invalid naming each wrong field, as `conditions.0.field`; Conflict where there are too many."""
    missing = [] if content.name is not None else [FieldError("name", "Say this.")]
    if content.conditions is None and content.people is None:
        missing.append(FieldError("conditions", "Say this, or 'people'."))
    if missing:
        raise Invalid("A cohort has a name, and conditions or people.", fields=missing)
    _lock(project)
    uses = _checked(project, actor, None, content)
    if Cohort.objects.of(project.pk).count() >= MOST:
        raise Conflict(f"The project has {MOST:,} cohorts already.")
    cohort = Cohort.objects.create(
        project=project, created_by=actor.user, updated_by=actor.user, uses=uses, **content.given
    )
    trail.note(
        action=Action.COHORT_CREATED,
        actor=actor,
        project=project,
        target=Target(cohort.pk, cohort.name),
        after=_shown(content.given),
    )
    return cohort


@transaction.atomic
def change(*, cohort: Cohort, actor: Actor, content: Content) -> Cohort:
    """With other conditions or people, nobody is in it until it is computed. Raises Invalid as `create` does."""
    _lock(cohort.project)
    require_seen(actor=actor, project=cohort.project, conditions=cohort.conditions)
    uses = _checked(cohort.project, actor, cohort, content)
    found = Cohort.objects.select_related("project").select_for_update(of=("self",)).get(pk=cohort.pk)
    changed = {name: value for name, value in content.given.items() if getattr(found, name) != value}
    if not changed:
        return found
    before = {name: getattr(found, name) for name in changed}
    trail.note(
        action=Action.COHORT_CHANGED,
        actor=actor,
        project=found.project,
        target=Target(found.pk, found.name),
        before=_shown(before),
        after=_shown(changed),
    )
    now = timezone.now()
    changed |= {"updated_by": actor.user, "updated_at": now}
    if not changed.keys().isdisjoint(_MEANING):
        found.parts.all().delete()
        changed |= {"uses": uses, "version": found.version + 1, "membership": found.membership + 1}
        changed |= {"state": Cohort.State.WAITING, "problem": "", "basis": "", "as_of": None, "size": 0}
        changed |= {"unknown": 0, "unknown_people": [], "rows_read": 0}
        # Whoever computes it now computes what it was.
        changed |= {"fence": found.fence + 1, "lease_until": None, "attempts": 0, "due_at": now}
    for name, value in changed.items():
        setattr(found, name, value)
    found.save(update_fields=list(changed))
    return found


@transaction.atomic
def delete(*, cohort: Cohort, actor: Actor) -> None:
    """Raises Conflict where another cohort or a saved insight needs it."""
    _lock(cohort.project)
    users = cohorts.users_of(cohort, seen=access.insights(actor, cohort.project))
    if users:
        named = [
            *(f"the cohort “{one}”" for one in users.cohorts),
            *(f"the insight “{one}”" for one in users.insights),
            *(["insights that you do not see"] if users.unseen else []),
        ]
        more = len(named) - MOST_NAMED
        listed_ = ", ".join(named[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
        raise Conflict(f"It is used by {listed_}. Change or delete these first.")
    found = Cohort.objects.select_related("project").select_for_update(of=("self",)).get(pk=cohort.pk)
    trail.note(
        action=Action.COHORT_DELETED,
        actor=actor,
        project=found.project,
        target=Target(found.pk, found.name),
        before=_shown({name: getattr(found, name) for name in (*_LONGEST_TEXT, *_MEANING)}),
    )
    found.delete()


def request(*, cohort: Cohort) -> None:
    """Have it computed now; who is in it stays until then."""
    now = timezone.now()
    asked = Cohort.objects.filter(pk=cohort.pk)
    asked.update(due_at=now)
    asked.exclude(state=Cohort.State.COMPUTING).update(state=Cohort.State.WAITING, problem="")


def listed(people: Sequence[str]) -> list[str]:
    """The ids of a list without spaces around them, each once; none of them empty."""
    return list(dict.fromkeys(filter(None, (item.strip() for item in people))))


def _shown(values: Mapping[str, Any]) -> dict[str, Any]:
    """As the audit log has it: of people only how many, for an entry cannot be erased."""
    shown = {name: value for name, value in values.items() if value is not None}
    return shown | {"people": len(shown["people"])} if "people" in shown else shown


def _lock(project: Project) -> None:
    """One change of a project's cohorts at a time: two at once could go in a circle, or name what is deleted."""
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)


def require_seen(*, actor: Actor, project: Project, conditions: Sequence[Any] | None) -> None:
    """Raises Forbidden where conditions name what is hidden from who acts."""
    if conditions is not None:
        sensitive.require(conditions, hidden_from(actor, project), within="conditions.")


def _checked(project: Project, actor: Actor, cohort: Cohort | None, content: Content) -> list[int]:
    """The ids of the cohorts that the conditions name. Raises Invalid naming each wrong field, and Forbidden."""
    wrong = _wrong_texts(content) + _wrong_name(project, cohort, content.name)
    uses: Mapping[int, str] = {}
    if content.conditions is not None and content.people is not None:
        wrong.append(FieldError("people", "Give either conditions or people."))
    elif content.people is not None:
        wrong += _wrong_people(content.people)
    elif content.conditions is not None:
        try:
            uses = _named(content.conditions)
            require_seen(actor=actor, project=project, conditions=content.conditions)
            wrong += _wrong_uses(project, cohort, uses)
        except Invalid as error:
            wrong += error.fields
    if wrong:
        raise Invalid("The cohort is not valid.", fields=wrong)
    return sorted(uses)


def _wrong_texts(content: Content) -> list[FieldError]:
    texts = {name: getattr(content, name) or "" for name in _LONGEST_TEXT}
    return [
        FieldError(name, f"Has at most {_LONGEST_TEXT[name]:,} characters, none of them NUL.")
        for name, text in texts.items()
        if len(text) > _LONGEST_TEXT[name] or "\0" in text
    ]


def _wrong_name(project: Project, cohort: Cohort | None, name: str | None) -> list[FieldError]:
    if name is None or "\0" in name:
        return []
    if not name.strip():
        return [FieldError("name", "Say this.")]
    others = Cohort.objects.of(project.pk).filter(name__iexact=name)
    others = others.exclude(pk=cohort.pk) if cohort else others
    return [FieldError("name", "Another cohort is called this.")] if others.exists() else []


def _wrong_people(people: Sequence[str]) -> list[FieldError]:
    ids = listed(people)
    if not ids:
        return [FieldError("people", "Name at least one.")]
    if len(ids) > MOST_LISTED:
        return [FieldError("people", f"At most {MOST_LISTED:,} ids; these are {len(ids):,}.")]
    return [
        FieldError(f"people.{place}", f"Has at most {MAX_ID} characters, none of them NUL.")
        for place, item in enumerate(people)
        if len(item.strip()) > MAX_ID or "\0" in item
    ][:10]


def _named(conditions: Sequence[Any]) -> Mapping[int, str]:
    """The cohorts that conditions name (id → field). Raises Invalid."""
    if holds_nul({"conditions": conditions}):
        message = "Hold the character NUL, which nobody's data has."
        raise Invalid(message, fields=[FieldError("conditions", message)])
    return named_by(parse(conditions)).cohorts


def _wrong_uses(project: Project, cohort: Cohort | None, uses: Mapping[int, str]) -> list[FieldError]:
    """Cohorts that the project does not have, and those that lead back to this one."""
    known = {row.pk: row for row in Cohort.objects.of(project.pk).only("name", "uses")} if uses else {}
    wrong = [FieldError(path, UNKNOWN) for used, path in uses.items() if used not in known]
    if cohort is None:
        return wrong
    for used, path in uses.items():
        if used == cohort.pk:
            wrong.append(FieldError(path, "A cohort cannot be built from itself."))
        elif used in known and cohort.pk in _built_from(used, known):
            wrong.append(
                FieldError(path, f"“{known[used]}” is built from this cohort: they would go in a circle.")
            )
    return wrong


def _built_from(cohort_id: int, known: Mapping[int, Cohort]) -> set[int]:
    """The ids of all cohorts that one is built from, however far below."""
    found: set[int] = set()
    level = {cohort_id}
    while level:
        level = {used for one in level if one in known for used in known[one].uses} - found
        found |= level
    return found
