"""What the settings pages list."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F

from accounts.models import Membership, Organization
from accounts.permissions import Role, Scope


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A secret key as it may be shown: never its text or hash."""

    id: int
    name: str
    hint: str
    scopes: tuple[str, ...]
    created_at: datetime
    created_by: str
    last_used_at: datetime | None
    revoked_at: datetime | None


def keys_of(organization: Organization) -> Sequence[KeyRow]:
    """All secret keys, the active ones first, each half newest first."""
    found = organization.secret_keys.select_related("created_by").order_by(
        F("revoked_at").desc(nulls_first=True), "-created_at", "-id"
    )
    return [
        KeyRow(
            id=key.pk,
            name=key.name,
            hint=key.hint,
            scopes=tuple(str(Scope(scope).label) for scope in key.scopes),
            created_at=key.created_at,
            created_by=key.created_by.display_name if key.created_by else "",
            last_used_at=key.last_used_at,
            revoked_at=key.revoked_at,
        )
        for key in found
    ]


@dataclass(frozen=True, slots=True)
class MemberRow:
    name: str
    email: str
    role: str
    since: datetime


def members_of(organization: Organization) -> Sequence[MemberRow]:
    """All members, by e-mail address."""
    found = Membership.objects.of(organization).select_related("user").order_by("user__email")
    return [
        MemberRow(
            name=member.user.name,
            email=member.user.email,
            role=str(Role(member.role).label),
            since=member.created_at,
        )
        for member in found
    ]
