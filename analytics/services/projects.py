"""Make and change projects and their write keys."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from accounts import keys
from accounts.access import Actor
from accounts.audited import Action, Target
from accounts.billing import limits
from accounts.errors import Conflict, FieldError, Invalid
from accounts.models import Organization
from accounts.services import key_news
from analytics.models import Manifest, Project, WriteKey
from analytics.services import trail

# What people change of a project.
OPTIONS = ("name", "time_zone", "first_weekday", "browser_window_days", "keep_addresses")


@transaction.atomic
def create(
    *, organization: Organization, name: str, actor: Actor, time_zone: str = "UTC", slug: str = ""
) -> Project:
    """A new project with its empty manifest.

    Raises Invalid for a name without a letter or digit, Conflict for a slug taken in the organization, PlanLimit
    where the plan has no room.
    """
    chosen = slugify(slug or name)[:60]
    if not chosen:
        raise Invalid(
            "The name needs a letter or a digit.",
            fields=[FieldError("name", "Needs a letter or a digit.")],
        )
    if Project.objects.of(organization).filter(slug=chosen).exists():
        raise Conflict(f"The address '{chosen}' is taken.", fields=[FieldError("slug", "Is taken.")])
    Organization.objects.select_for_update(of=("self",)).get(pk=organization.pk)
    limits.require_project(organization, used=Project.objects.of(organization).count())
    project = Project.objects.create(organization=organization, name=name, slug=chosen, time_zone=time_zone)
    Manifest.objects.create(project=project)
    trail.note(
        action=Action.PROJECT_CREATED,
        actor=actor,
        project=project,
        target=Target(project.pk, name),
        after={"name": name, "slug": chosen, "time_zone": time_zone},
    )
    return project


@transaction.atomic
def change(*, project: Project, actor: Actor, values: Mapping[str, Any]) -> Project:
    """With other values of OPTIONS, which the caller has validated."""
    found = Project.objects.select_for_update().get(pk=project.pk)
    before = {name: getattr(found, name) for name in OPTIONS}
    for name in OPTIONS:
        setattr(found, name, values.get(name, before[name]))
    found.save(update_fields=OPTIONS)
    trail.note_change(
        action=Action.PROJECT_CHANGED,
        actor=actor,
        project=found,
        target=Target(found.pk, found.name),
        before=before,
        after={name: getattr(found, name) for name in OPTIONS},
    )
    return found


@transaction.atomic
def create_write_key(*, project: Project, name: str, actor: Actor) -> tuple[WriteKey, str]:
    """A new write key and its text, which is not kept."""
    text = keys.generate(keys.WRITE_PREFIX)
    key = WriteKey.from_text(text, project=project, name=name)
    key.save()
    trail.note(
        action=Action.WRITE_KEY_CREATED,
        actor=actor,
        project=project,
        target=_target(key),
        after={"name": name, "hint": key.hint},
    )
    return key, text


@transaction.atomic
def revoke_write_key(*, key: WriteKey, actor: Actor) -> None:
    """End a key at once; a second time changes nothing."""
    if not WriteKey.objects.active().filter(pk=key.pk).update(revoked_at=timezone.now()):
        return
    trail.note(
        action=Action.WRITE_KEY_REVOKED,
        actor=actor,
        project=key.project,
        target=_target(key),
        before={"name": key.name, "hint": key.hint},
    )
    transaction.on_commit(key_news.announce)


def _target(key: WriteKey) -> Target:
    return Target(key.pk, str(key))
