"""allauth's hooks of single sign-on: whose provider it is, and who is let in."""

from typing import Any

import requests
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.base import AuthError
from django.contrib import messages
from django.http import HttpRequest
from django.shortcuts import redirect

from accounts import outgoing
from accounts.access import Actor, origin_of
from accounts.errors import Forbidden
from accounts.models import SingleSignOn
from accounts.openid.provider import OrganizationProvider, app_of
from accounts.openid.tokens import Identity
from accounts.services import sso, sso_logins

TEST = "test"


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    """Providers are those of organizations, and there is no sign-up but by what an organization has proved."""

    def get_requests_session(self) -> requests.Session:
        return outgoing.session()

    def get_provider(
        self,
        request: HttpRequest,
        provider: str,
        client_id: str | None = None,  # noqa: ARG002
    ) -> OrganizationProvider:
        return OrganizationProvider(request, app=app_of(connection_of(provider)))

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:  # noqa: ARG002
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Once the provider's word is proved to be its own; raises Forbidden for whom it cannot vouch for."""
        connection = connection_of(sociallogin.account.provider)
        identity = Identity(**_said(sociallogin))
        if sociallogin.state.get("data") == TEST:
            raise ImmediateHttpResponse(_tested(request, connection, identity))
        bound = sso_logins.admit(connection=connection, identity=identity, origin=origin_of(request))
        sociallogin.account, sociallogin.user = bound, bound.user

    def on_authentication_error(
        self,
        request: HttpRequest,  # noqa: ARG002 (allauth's signature)
        provider: OrganizationProvider,  # noqa: ARG002
        error: str = "",
        **more: Any,
    ) -> None:
        if isinstance(more.get("exception"), requests.RequestException):
            raise Forbidden("The provider does not answer at the moment. Try again in a while.")
        if error == AuthError.CANCELLED:
            raise Forbidden("The login at the provider was cancelled.")
        raise Forbidden("The provider did not let you in, or this login was begun too long ago. Try again.")


def connection_of(provider_id: str) -> SingleSignOn:
    """The organization's provider of this name; raises what allauth takes for none."""
    found = SingleSignOn.objects.select_related("organization").filter(provider_id=provider_id).first()
    if found is None:
        raise SocialApp.DoesNotExist
    return found


def _said(sociallogin: SocialLogin) -> dict[str, Any]:
    return dict(sociallogin.account.extra_data)


def _tested(request: HttpRequest, connection: SingleSignOn, identity: Identity) -> Any:
    """Nobody is logged in or out by a test; what it showed is told on the page that it began on."""
    sso_logins.require_confirmed(connection, identity)
    if sso.note_tested(connection=connection, email=identity.email, actor=Actor.of(request)):
        messages.success(request, f"It works: you came through it as {identity.email}.")
    else:
        messages.warning(
            request,
            f"The provider works and knows you as {identity.email}, which is of none of your proved domains. "
            "Prove its domain, then test it again.",
        )
    return redirect("settings_sso", connection.organization.slug)
