"""allauth's signals about a person's own account, which become entries of the audit log.

They are allauth's one way to say that it changed something; between our own modules there are no signals.
"""

from typing import Any

from allauth.account import signals as account
from allauth.account.models import EmailAddress
from allauth.mfa import signals as mfa
from allauth.mfa.models import Authenticator
from django.dispatch import receiver
from django.http import HttpRequest

from accounts.access import Actor, origin_of
from accounts.audited import Action
from accounts.models import User
from accounts.services import own_changes
from accounts.ways_in import FACTORS


@receiver(account.password_changed)
def password_changed(request: HttpRequest, user: User, **_: Any) -> None:
    own_changes.note(action=Action.PASSWORD_CHANGED, user=user, actor=_actor(request))


@receiver(account.password_set)
def password_set(request: HttpRequest, user: User, **_: Any) -> None:
    own_changes.note(action=Action.PASSWORD_SET, user=user, actor=_actor(request))


@receiver(account.password_reset)
def password_reset(request: HttpRequest, user: User, **_: Any) -> None:
    own_changes.note(action=Action.PASSWORD_RESET, user=user, actor=_actor(request))


@receiver(account.email_changed)
def email_changed(
    request: HttpRequest,
    user: User,
    from_email_address: EmailAddress | None,
    to_email_address: EmailAddress,
    **_: Any,
) -> None:
    before = {"email": from_email_address.email} if from_email_address else None
    after = {"email": to_email_address.email}
    own_changes.note(action=Action.ADDRESS_CHANGED, user=user, actor=_actor(request), before=before, after=after)


@receiver(mfa.authenticator_added)
def authenticator_added(request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        own_changes.note(action=Action.RECOVERY_CODES_MADE, user=user, actor=_actor(request))
    else:
        after = {"factor": FACTORS[authenticator.type]}
        own_changes.note(action=Action.FACTOR_ADDED, user=user, actor=_actor(request), after=after)


@receiver(mfa.authenticator_reset)
def recovery_codes_made_anew(request: HttpRequest, user: User, **_: Any) -> None:
    own_changes.note(action=Action.RECOVERY_CODES_MADE, user=user, actor=_actor(request))


@receiver(mfa.authenticator_removed)
def authenticator_removed(request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    before = {"factor": FACTORS[authenticator.type]}
    own_changes.note(action=Action.FACTOR_REMOVED, user=user, actor=_actor(request), before=before)


def _actor(request: HttpRequest) -> Actor:
    """Who has reset a password by a mailed link is not logged in."""
    user = request.user if isinstance(request.user, User) else None
    return Actor(user=user, origin=origin_of(request))
