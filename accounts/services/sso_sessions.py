"""End the sessions of people who did not come by the provider that is their only way in now."""

from collections.abc import Sequence
from typing import Any

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db.models import Q

from accounts.models import Membership, SingleSignOn, User
from accounts.permissions import Role
from accounts.queries import sso

_AT_ONCE = 500


def end_others(connection: SingleSignOn) -> int:
    """Of everybody with an address of the organization's proved domains, but its owners and staff; how many."""
    wanted = sso.may_come(connection.organization_id)
    owners = Membership.objects.of(connection.organization).filter(role=Role.OWNER).values("user")
    ending = Q(pk__in=())
    for domain in wanted:
        ending |= Q(email__iendswith=f"@{domain}")
    people = User.objects.filter(ending, is_staff=False).exclude(pk__in=owners)
    keys = list(UserSession.objects.filter(user__in=people).values_list("session_key", flat=True))
    return sum(_end(keys[start : start + _AT_ONCE], connection) for start in range(0, len(keys), _AT_ONCE))


def _end(keys: Sequence[str], connection: SingleSignOn) -> int:
    others = [
        session.session_key
        for session in Session.objects.filter(session_key__in=keys)
        if not _came_by(session.get_decoded(), connection)
    ]
    UserSession.objects.filter(session_key__in=others).delete()
    Session.objects.filter(session_key__in=others).delete()
    return len(others)


def _came_by(data: dict[str, Any], connection: SingleSignOn) -> bool:
    records = data.get(AUTHENTICATION_METHODS_SESSION_KEY, [])
    return any(record.get("provider") == connection.provider_id for record in records)
