"""The invitation that somebody without an account has followed to here, kept in their session."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from accounts import access
from accounts.errors import NotFound
from accounts.models import Invitation

_KEY = "invitation"


def remember(request: HttpRequest, token: str) -> None:
    """Let the holder of this link create an account, also where sign-up is closed."""
    request.session[_KEY] = token


def invitation_of(request: HttpRequest) -> Invitation | None:
    """The invitation, while it can still be accepted."""
    token = request.session.get(_KEY)
    try:
        found = access.invitation(token) if token else None
    except NotFound:
        return None
    return found if found and not found.is_over(timezone.now()) else None


def way_back(request: HttpRequest) -> str:
    """The address of the invitation; empty where there is none."""
    return reverse("invitation", args=[request.session[_KEY]]) if invitation_of(request) else ""
