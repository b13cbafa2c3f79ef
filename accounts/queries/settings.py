"""What the settings pages list."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F

from accounts.models import Invitation, Membership, Organization
from accounts.permissions import Role, Scope
from accounts.querysets import MembershipQuerySet


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
    expires_at: datetime | None
    requests_a_minute: int | None
    is_active: bool
    # Names of those that it is limited to; None is all.
    projects: tuple[str, ...] | None
    # Of the secret before the last rotation, while it still works; else empty.
    old_hint: str
    old_until: datetime | None
    old_used_at: datetime | None


def keys_of(organization: Organization) -> Sequence[KeyRow]:
    """All secret keys, the active ones first, each half newest first."""
    found = organization.secret_keys.select_related("created_by").order_by(
        F("revoked_at").desc(nulls_first=True), "-created_at", "-id"
    )
    names = dict(organization.projects.values_list("pk", "name"))
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
            expires_at=key.expires_at,
            requests_a_minute=key.requests_a_minute,
            is_active=key.is_active,
            projects=None
            if key.project_ids is None
            else tuple(names.get(pk, "a project that is gone") for pk in key.project_ids),
            old_hint=key.previous_hint if key.is_overlapping else "",
            old_until=key.previous_until if key.is_overlapping else None,
            old_used_at=key.previous_used_at if key.is_overlapping else None,
        )
        for key in found
    ]


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A member as the page lists them; `role` is the label, `role_value` what a form sends."""

    id: int
    user_id: int
    name: str
    email: str
    role: str
    role_value: str
    since: datetime


def members_of(organization: Organization, *, search: str = "") -> MembershipQuerySet:
    """The members with this in their address or name, by e-mail address: for a page of them to be read."""
    found = Membership.objects.of(organization).select_related("user").order_by("user__email")
    return found.mentioning(search) if search else found


def member_row(member: Membership) -> MemberRow:
    return MemberRow(
        id=member.pk,
        user_id=member.user_id,
        name=member.user.name,
        email=member.user.email,
        role=str(Role(member.role).label),
        role_value=member.role,
        since=member.created_at,
    )


@dataclass(frozen=True, slots=True)
class InvitationRow:
    """An open invitation; `role_value` as of MemberRow."""

    id: int
    email: str
    role: str
    role_value: str
    invited_by: str
    sent_at: datetime
    expires_at: datetime
    is_over: bool
    # Names of the limited projects that who accepts is chosen for.
    projects: tuple[str, ...]


def limited_projects_of(organization: Organization) -> list[tuple[int, str]]:
    """Id and name of each project that only chosen members know of."""
    return list(organization.projects.filter(is_limited=True).values_list("pk", "name"))


def open_invitations_of(
    organization: Organization, *, now: datetime, search: str = "", most: int
) -> tuple[Sequence[InvitationRow], int]:
    """Up to `most` of those that nobody has accepted or revoked, newest first, and how many there are."""
    known = Invitation.objects.of(organization).open().filter(email__icontains=search)
    listed = list(known.select_related("invited_by")[:most])
    wanted = {pk for item in listed for pk in item.project_ids or ()}
    names = dict(organization.projects.filter(pk__in=wanted).values_list("pk", "name")) if wanted else {}
    return _invitation_rows(listed, names, now), known.count()


def _invitation_rows(
    found: Iterable[Invitation], names: Mapping[int, str], now: datetime
) -> Sequence[InvitationRow]:
    return [
        InvitationRow(
            id=item.pk,
            email=item.email,
            role=str(Role(item.role).label),
            role_value=item.role,
            invited_by=item.invited_by.display_name if item.invited_by else "",
            sent_at=item.sent_at,
            expires_at=item.expires_at,
            is_over=item.is_over(now),
            projects=tuple(names[pk] for pk in item.project_ids or () if pk in names),
        )
        for item in found
    ]
