"""Make and revoke secret keys."""

from collections.abc import Sequence

from django.utils import timezone

from accounts import keys
from accounts.errors import FieldError, Invalid
from accounts.models import Organization, SecretKey, User
from accounts.permissions import Scope


def create(
    *, organization: Organization, name: str, scopes: Sequence[Scope], created_by: User | None
) -> tuple[SecretKey, str]:
    """A new key and its text, which is not kept; raises Invalid without a scope."""
    if not scopes:
        raise Invalid("A key needs at least one scope.", fields=[FieldError("scopes", "Choose at least one.")])
    text = keys.generate(keys.SECRET_PREFIX)
    key = SecretKey.from_text(
        text,
        organization=organization,
        name=name,
        scopes=sorted(set(scopes)),
        created_by=created_by,
    )
    key.save()
    return key, text


def revoke(*, key: SecretKey) -> None:
    """End a key at once; a second time changes nothing."""
    SecretKey.objects.active().filter(pk=key.pk).update(revoked_at=timezone.now())
