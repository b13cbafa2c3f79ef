"""Make, replace and revoke secret keys. What a key may do, a person or another key gave it."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from accounts import keys
from accounts.access import Actor
from accounts.audited import Action, Target
from accounts.errors import Conflict, FieldError, Forbidden, Invalid
from accounts.models import Organization, SecretKey
from accounts.permissions import Capability, Scope, scopes_within
from accounts.services import audit, key_news

# An old secret that worked for longer beside the new one would be forgotten.
LONGEST_OVERLAP = timedelta(days=90)
MOST_REQUESTS_A_MINUTE = 1_000_000
# No project has this id.
ALL_PROJECTS = 0
_NOTED = ("name", "hint", "scopes", "expires_at", "requests_a_minute", "project_ids")


@transaction.atomic
def create(
    *,
    organization: Organization,
    name: str,
    scopes: Sequence[Scope],
    actor: Actor,
    expires_at: datetime | None = None,
    requests_a_minute: int | None = None,
    project_ids: Collection[int] | None = None,
) -> tuple[SecretKey, str]:
    """A new key and its secret, which is not kept. `project_ids` are those that it is limited to; None is all.

    Raises Invalid, naming the field, without a scope, for a time that is over, a limit that is none and a project
    of elsewhere, and Forbidden where it could do more than who makes it, be that a person or another key.
    """
    _check(scopes, expires_at, requests_a_minute)
    _check_projects(organization, project_ids)
    _require_own(actor, organization.pk, scopes, project_ids)
    text = keys.generate(keys.SECRET_PREFIX)
    key = SecretKey.from_text(
        text,
        organization=organization,
        name=name,
        scopes=sorted(set(scopes)),
        created_by=actor.user,
        expires_at=expires_at,
        requests_a_minute=requests_a_minute,
        project_ids=None if project_ids is None else sorted(set(project_ids)),
    )
    key.save()
    _note(Action.KEY_CREATED, actor, key, after={name: getattr(key, name) for name in _NOTED})
    return key, text


@transaction.atomic
def rotate(*, key: SecretKey, actor: Actor, overlap: timedelta) -> tuple[SecretKey, str]:
    """The key with a new secret, which is not kept; the old one works beside it for this long, or ends at once.

    A secret that was replaced before ends at once. Raises Invalid for an overlap that is negative or too long,
    Conflict for a key that is over, Forbidden as `create` does.
    """
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        message = f"Between nothing and {LONGEST_OVERLAP.days} days."
        raise Invalid("The overlap is not valid.", fields=[FieldError("overlap_hours", message)])
    found = SecretKey.objects.select_for_update().get(pk=key.pk)
    if not found.is_active:
        raise Conflict("The key is revoked or expired; make a new one.")
    _require_own(actor, found.organization_id, [Scope(scope) for scope in found.scopes], found.project_ids)
    text, was = keys.generate(keys.SECRET_PREFIX), found.hint
    until = timezone.now() + overlap if overlap else None
    found.previous_hash, found.previous_hint = (found.hash, found.hint) if until else (None, "")
    found.previous_until, found.previous_used_at = until, found.last_used_at if until else None
    found.hash, found.hint, found.last_used_at = keys.digest(text), keys.hint(text), None
    found.save()
    _note(
        Action.KEY_ROTATED,
        actor,
        found,
        before={"hint": was},
        after={"hint": found.hint, "old_secret_until": until},
    )
    transaction.on_commit(key_news.announce)
    return found, text


@transaction.atomic
def revoke(*, key: SecretKey, actor: Actor) -> None:
    """End a key at once, with the secret before as well; a second time changes nothing."""
    if not SecretKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now()):
        return
    _note(Action.KEY_REVOKED, actor, key, before={"name": key.name, "hint": key.hint, "scopes": key.scopes})
    transaction.on_commit(key_news.announce)


def _check(scopes: Sequence[Scope], expires_at: datetime | None, requests_a_minute: int | None) -> None:
    wrong = [] if scopes else [FieldError("scopes", "Choose at least one.")]
    if expires_at is not None and expires_at <= timezone.now():
        wrong.append(FieldError("expires_at", "Must lie in the future."))
    if requests_a_minute is not None and not 1 <= requests_a_minute <= MOST_REQUESTS_A_MINUTE:
        wrong.append(FieldError("requests_a_minute", f"Between 1 and {MOST_REQUESTS_A_MINUTE:,}."))
    if wrong:
        raise Invalid("A key of this kind cannot be made.", fields=wrong)


def _check_projects(organization: Organization, project_ids: Collection[int] | None) -> None:
    if project_ids is None:
        return
    own = set(organization.projects.values_list("pk", flat=True))
    if not project_ids or not own.issuperset(project_ids):
        message = "Projects of this organization, at least one; leave it out for all."
        raise Invalid("A key of this kind cannot be made.", fields=[FieldError("project_ids", message)])


def _require_own(
    actor: Actor, organization_id: int, scopes: Sequence[Scope], project_ids: Collection[int] | None
) -> None:
    """A key hands on what it has itself and no more; people give what they may do themselves."""
    own = actor.secret_key
    if own is None:
        if actor.user is not None and not actor.as_staff:
            _require_of_person(scopes, actor.capabilities_in(organization_id))
        return
    if missing := set(scopes).difference(own.scopes):
        raise Forbidden(f"This key has no scope {', '.join(sorted(missing))} to hand on.")
    if own.project_ids is not None and not set(own.project_ids).issuperset(project_ids or [ALL_PROJECTS]):
        raise Forbidden("This key is limited to projects, and hands on no others.")


def _require_of_person(scopes: Sequence[Scope], granted: Collection[Capability]) -> None:
    if missing := set(scopes).difference(scopes_within(granted)):
        raise Forbidden(f"Your role may not give the scope {', '.join(sorted(missing))}; an owner may.")


def _note(
    action: Action,
    actor: Actor,
    key: SecretKey,
    *,
    before: dict[str, object] | None = None,
    after: dict[str, object] | None = None,
) -> None:
    audit.record(
        action=action,
        actor=actor,
        organization_id=key.organization_id,
        target=Target(key.pk, str(key)),
        before=before,
        after=after,
    )
