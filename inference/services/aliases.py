"""Names for models, each with others for when the first fails."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from accounts.access import Actor
from accounts.audited import Action, Target
from accounts.errors import Conflict, FieldError, Invalid
from accounts.models import Organization
from accounts.services import audit
from inference.choices import ProviderName
from inference.models import Alias, AliasTarget, Credential

MOST_ALIASES, MOST_TARGETS = 200, 10
_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_-]{0,99}")


@dataclass(frozen=True, slots=True)
class Wanted:
    """One target of an alias; `credential` is the id of an own key, None for the usual one."""

    provider: ProviderName
    model: str
    credential: int | None = None


@transaction.atomic
def create(*, organization: Organization, actor: Actor, name: str, targets: Sequence[Wanted]) -> Alias:
    """A new alias of an organization. Raises Invalid naming the field, Conflict where there are too many."""
    if not _NAME.fullmatch(name):
        raise _invalid("name", "Letters, digits, - and _; a letter or digit first.")
    Organization.objects.select_for_update().get(pk=organization.pk)
    known = Alias.objects.filter(organization=organization)
    if known.filter(name=name).exists():
        raise _invalid("name", "There is an alias of this name already.")
    if known.count() >= MOST_ALIASES:
        raise Conflict(f"There are {MOST_ALIASES} aliases already: delete one first.")
    alias = Alias.objects.create(organization=organization, name=name)
    _write(alias, targets)
    _note(Action.ALIAS_CREATED, actor, alias, after=values(alias))
    return alias


@transaction.atomic
def change(*, alias: Alias, actor: Actor, targets: Sequence[Wanted]) -> Alias:
    """Other targets: for jobs that start, or start again, from then on. Raises Invalid naming the field."""
    found = Alias.objects.select_for_update().get(pk=alias.pk)
    before = values(found)
    found.targets.all().delete()
    _write(found, targets)
    if changed := audit.differing(before, values(found)):
        _note(Action.ALIAS_CHANGED, actor, found, before=changed[0], after=changed[1])
    return found


@transaction.atomic
def delete(*, alias: Alias, actor: Actor) -> None:
    """Jobs that wait for it go to the target that they were created for."""
    _note(Action.ALIAS_DELETED, actor, alias, before=values(alias))
    alias.delete()


@transaction.atomic
def note(*, alias: Alias, actor: Actor, before: dict[str, Any] | None) -> None:
    """What became of one that was saved elsewhere; `before` is None for a new one."""
    if before is None:
        _note(Action.ALIAS_CREATED, actor, alias, after=values(alias))
    elif changed := audit.differing(before, values(alias)):
        _note(Action.ALIAS_CHANGED, actor, alias, before=changed[0], after=changed[1])


def _write(alias: Alias, targets: Sequence[Wanted]) -> None:
    if not 1 <= len(targets) <= MOST_TARGETS:
        raise _invalid("targets", f"Between 1 and {MOST_TARGETS}.")
    own = dict(
        Credential.objects.filter(organization=alias.organization_id, revoked_at=None).values_list(
            "pk", "provider"
        )
    )
    for place, target in enumerate(targets):
        if not target.model.strip() or len(target.model) > 200 or "\0" in target.model:
            raise _invalid(f"targets.{place}.model", "Name a model.")
        if target.credential is not None and own.get(target.credential) != target.provider:
            raise _invalid(f"targets.{place}.credential", "There is no such key for this provider.")
    AliasTarget.objects.bulk_create(
        AliasTarget(
            alias=alias,
            position=place,
            provider=target.provider,
            model=target.model.strip(),
            credential_id=target.credential,
        )
        for place, target in enumerate(targets)
    )


def values(alias: Alias) -> dict[str, Any]:
    """What the audit log keeps of it."""
    targets = AliasTarget.objects.filter(alias=alias).select_related("credential")
    return {"name": alias.name, "targets": [words(one) for one in targets]}


def words(target: AliasTarget) -> str:
    """`openai/gpt-x`, with the name of its key."""
    return str(target) + (f" with {target.credential}" if target.credential else "")


def _invalid(field: str, message: str) -> Invalid:
    return Invalid("The alias cannot be saved.", fields=[FieldError(field, message)])


def _note(
    action: Action,
    actor: Actor,
    alias: Alias,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    audit.record(
        action=action,
        actor=actor,
        organization_id=alias.organization_id,
        target=Target(alias.pk, alias.name),
        before=before,
        after=after,
    )
