"""allauth's hooks: who may sign up, how e-mails look, what is in the audit log, how second factors are stored."""

import logging
from collections.abc import Sequence
from smtplib import SMTPException
from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.stagekit import clear_login
from allauth.account.models import EmailAddress
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from accounts import encryption, invited
from accounts.access import Actor, origin_of
from accounts.account_letters import LETTERS
from accounts.audited import Action
from accounts.errors import Unavailable
from accounts.models import User
from accounts.queries import sso
from accounts.services import logins, mail, own_changes
from accounts.ways_in import came_by, only_by_sso, way_in

LOG = logging.getLogger(__name__)
_SECOND_FACTOR = "second factor"


class AccountAdapter(DefaultAccountAdapter):
    """Sign-up is open by a setting, or to whoever was invited, with the address that was invited."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": "This e-mail address and password do not belong together.",
        "incorrect_code": "This is not the code. Take it from the newest e-mail, or send a new one.",
        "not_invited": "Sign-up is closed here, except with the address that was invited.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return bool(settings.SIGNUP_OPEN) or invited.invitation_of(request) is not None

    def clean_email(self, email: str) -> str:
        invitation = None if settings.SIGNUP_OPEN else invited.invitation_of(self.request)
        if invitation is not None and email.lower() != invitation.email:
            raise self.validation_error("not_invited")
        return str(super().clean_email(email))

    def is_email_verified(self, request: HttpRequest, email: str) -> bool:
        """Whoever opened the link of an invitation has the e-mail that it was sent in."""
        invitation = invited.invitation_of(request)
        return invitation is not None and email.lower() == invitation.email

    def get_signup_redirect_url(self, request: HttpRequest) -> str:
        return invited.way_back(request) or str(super().get_signup_redirect_url(request))

    def get_email_verification_redirect_url(self, email_address: EmailAddress) -> str:
        """Back to where somebody who is logged in has changed the address; at sign-up it leads elsewhere."""
        if self.request.user.is_authenticated:
            return reverse("account_email")
        return str(super().get_email_verification_redirect_url(email_address))

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        super().authentication_failed(request, **credentials)
        logins.note_refused(email=str(credentials.get("email") or ""), actor=Actor(origin=origin_of(request)))

    def pre_login(self, request: HttpRequest, user: User, **options: Any) -> HttpResponseBase | None:
        """Before second factors are asked for."""
        refused: HttpResponseBase | None = super().pre_login(request, user, **options)
        return refused or self._elsewhere(request, user)

    def login(self, request: HttpRequest, user: User) -> None:
        """Once more at the end: an address may have been changed while it was being confirmed."""
        if (refused := self._elsewhere(request, user)) is not None:
            raise ImmediateHttpResponse(refused)
        super().login(request, user)

    def _elsewhere(self, request: HttpRequest, user: User) -> HttpResponseBase | None:
        """To the single sign-on for whoever has no other way in and did not come by it; else None."""
        required = sso.required_of(user)
        if required is None or came_by(request, user, required.provider_id):
            return None
        clear_login(request)
        logins.note_only_sso(user=user, actor=Actor(origin=origin_of(request)))
        messages.warning(request, only_by_sso(user.email))
        return redirect("sso_start")

    def post_login(self, request: HttpRequest, user: User, **options: Any) -> HttpResponseBase:
        """Once whoever logs in has passed every stage."""
        response: HttpResponseBase = super().post_login(request, user, **options)
        logins.note(actor=Actor(user=user, origin=origin_of(request)), how=way_in(request, user))
        return response

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Every mail that is sent here is in LETTERS, which a test holds against allauth's own templates.

        Raises Unavailable where somebody waits for the mail; what only tells of a change stops nothing.
        """
        sessions_url = settings.BASE_URL + reverse("usersessions_list")
        letter = LETTERS[template_prefix]({**context, "sessions_url": sessions_url})
        if "timestamp" in context:
            mail.send_on_commit(letter=letter, to=[email])
            return
        try:
            mail.send(letter=letter, to=[email])
        except (SMTPException, OSError) as error:
            LOG.exception("A mail was not sent: %s", letter.heading)
            raise Unavailable("The mail server does not take our mail at the moment. Try again later.") from error


class MFAAdapter(DefaultMFAAdapter):
    """Keys of authenticator apps and recovery codes are encrypted in the database."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": "This code does not hold. Each works once, and one of an app for half a minute.",
    }

    def generate_authenticator_name(self, user: User, type: str) -> str:  # noqa: A002 (allauth's signature)
        count = Authenticator.objects.filter(user=user, type=type).count()
        return f"Passkey {count + 1}" if count else "Passkey"

    def encrypt(self, text: str) -> str:
        return encryption.encrypt(text, purpose=_SECOND_FACTOR)

    def decrypt(self, encrypted_text: str) -> str:
        return encryption.decrypt(encrypted_text, purpose=_SECOND_FACTOR)


class UserSessionsAdapter(DefaultUserSessionsAdapter):
    """Sessions that somebody ends from the list of their own."""

    def end_sessions(self, sessions: Sequence[UserSession]) -> None:
        super().end_sessions(sessions)
        if sessions:
            request, user = context.request, sessions[0].user
            actor = Actor(user=user, origin=origin_of(request))
            own_changes.note(
                action=Action.SESSIONS_ENDED, user=user, actor=actor, after={"sessions": str(len(sessions))}
            )
