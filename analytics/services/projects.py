"""Make projects and their write keys."""

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from accounts import keys
from accounts.errors import Conflict, FieldError, Invalid
from accounts.models import Organization
from analytics.models import Manifest, Project, WriteKey


@transaction.atomic
def create(*, organization: Organization, name: str, time_zone: str = "UTC", slug: str = "") -> Project:
    """A new project with its empty manifest.

    Raises Invalid for a name without a letter or digit, Conflict for a slug taken in the organization.
    """
    chosen = slugify(slug or name)[:60]
    if not chosen:
        raise Invalid(
            "The name needs a letter or a digit.",
            fields=[FieldError("name", "Needs a letter or a digit.")],
        )
    if Project.objects.of(organization).filter(slug=chosen).exists():
        raise Conflict(f"The address '{chosen}' is taken.", fields=[FieldError("slug", "Is taken.")])
    project = Project.objects.create(organization=organization, name=name, slug=chosen, time_zone=time_zone)
    Manifest.objects.create(project=project)
    return project


def create_write_key(*, project: Project, name: str) -> tuple[WriteKey, str]:
    """A new write key and its text, which is not kept."""
    text = keys.generate(keys.WRITE_PREFIX)
    key = WriteKey.from_text(text, project=project, name=name)
    key.save()
    return key, text


def revoke_write_key(*, key: WriteKey) -> None:
    """End a key at once; a second time changes nothing."""
    WriteKey.objects.active().filter(pk=key.pk).update(revoked_at=timezone.now())
