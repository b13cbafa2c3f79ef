"""Logins, noted in the log of every organization that the person is a member of."""

from accounts.access import Actor
from accounts.audited import Action
from accounts.models import User
from accounts.services import own_changes


def note(*, actor: Actor, how: str) -> None:
    """The actor has logged in; `how` says it in words, as in "password and authenticator app"."""
    if actor.user is not None:
        own_changes.note(action=Action.LOGIN_SUCCEEDED, user=actor.user, actor=actor, after={"how": how})


def note_only_sso(*, user: User, actor: Actor) -> None:
    """Somebody who comes in by single sign-on only had shown another right to come in."""
    own_changes.note(
        action=Action.LOGIN_REFUSED, user=user, actor=actor, after={"why": "Single sign-on is the only way in."}
    )


def note_refused(*, email: str, actor: Actor) -> None:
    """Somebody gave a wrong password for this address; an address that nobody has is in no log.

    How often that may be is limited where passwords are checked, so nobody fills a log by it.
    """
    known = User.objects.filter(email__iexact=email).first() if email and "\0" not in email else None
    if known is not None:
        own_changes.note(action=Action.LOGIN_FAILED, user=known, actor=actor)
