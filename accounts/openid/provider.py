"""allauth's OpenID Connect with an organization's provider, and with more of the specification held to.

allauth brings the flow, state and PKCE. Here the token's signature is checked also where it came straight from the
provider, it has to be of this login (nonce), and what the userinfo says has to be of the same subject.
"""

import secrets
from collections.abc import Mapping
from typing import Any

from allauth.socialaccount.models import SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse

from accounts.errors import Forbidden
from accounts.models import SingleSignOn
from accounts.openid import discovery
from accounts.openid.tokens import Identity, claims_of
from accounts.services import sso

PROVIDER = "openid_connect"


def app_of(connection: SingleSignOn) -> SocialApp:
    """allauth's view of an organization's provider, for one request and never stored: its secret is in clear."""
    return SocialApp(
        provider=PROVIDER,
        provider_id=connection.provider_id,
        name=connection.organization.name[:40],
        client_id=connection.client_id,
        secret=sso.client_secret(connection),
        settings={"server_url": connection.discovery_url, "issuer": connection.issuer, "oauth_pkce_enabled": True},
    )


class OrganizationAdapter(OpenIDConnectOAuth2Adapter):
    """One exchange with the provider; `state` is what was kept when the person was sent there."""

    state: Mapping[str, Any]

    def __init__(self, request: HttpRequest, provider_id: str) -> None:
        super().__init__(request, provider_id)
        self.state = {}
        self._provider: discovery.Provider | None = None

    @property
    def provider(self) -> discovery.Provider:
        """What the provider says of itself now; raises Forbidden where it is another than was set up."""
        if self._provider is None:
            app = self.get_provider().app
            found = discovery.read(app.settings["server_url"])
            if found.issuer != app.settings["issuer"]:
                raise Forbidden("The provider calls itself otherwise than when it was set up.")
            self._provider = found
        return self._provider

    @property
    def basic_auth(self) -> bool:
        return not self.provider.takes_secret_in_body

    @property
    def access_token_url(self) -> str:
        return self.provider.token_endpoint

    @property
    def authorize_url(self) -> str:
        return self.provider.authorization_endpoint

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:  # noqa: ARG002 (allauth's signature)
        return callback_url(self.provider_id)

    def get_access_token_data(self, *args: Any, **kwargs: Any) -> Mapping[str, Any]:
        try:
            answer: Mapping[str, Any] = super().get_access_token_data(*args, **kwargs)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise Forbidden("The provider answers otherwise than an OpenID provider does.") from error
        return answer

    def complete_login(
        self, request: HttpRequest, app: SocialApp, token: SocialToken, **kwargs: Any
    ) -> SocialLogin:
        id_token = kwargs["response"].get("id_token")
        if not isinstance(id_token, str):
            raise Forbidden("The provider sends no id_token.")
        claims = claims_of(
            id_token,
            keys=discovery.fetch(self.provider.jwks_uri),
            issuer=app.settings["issuer"],
            client_id=app.client_id,
            nonce=str(self.state.get("nonce", "")),
        )
        if "email" not in claims and self.provider.userinfo_endpoint:
            claims = self._with_userinfo(claims, token.token)
        return self.get_provider().sociallogin_from_response(request, claims)

    def _with_userinfo(self, claims: Mapping[str, Any], access_token: str) -> Mapping[str, Any]:
        found = discovery.fetch(self.provider.userinfo_endpoint, Authorization=f"Bearer {access_token}")
        if found.get("sub") != claims["sub"]:
            raise Forbidden("The provider speaks of two different people.")
        return {**found, **claims}


class OrganizationProvider(OpenIDConnectProvider):
    """The provider of one organization."""

    oauth2_adapter_class = OrganizationAdapter

    def redirect(self, request: HttpRequest, process: str, **kwargs: Any) -> HttpResponseBase:
        """To the provider; `login_hint` is the address that was typed."""
        nonce, hint = secrets.token_urlsafe(16), kwargs.pop("login_hint", "")
        parameters = {"nonce": nonce, **({"login_hint": hint} if hint else {})}
        response: HttpResponseBase = super().redirect(
            request, process, auth_params=parameters, nonce=nonce, **kwargs
        )
        return response

    def serialize(self) -> dict[str, Any]:
        """By what only this organization's is called: another may have the same client."""
        return {"id": self.app.provider_id}

    def extract_uid(self, data: Mapping[str, Any]) -> str:
        return Identity.of(data).uid

    def extract_extra_data(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """What is kept of the token: who it is, and no more."""
        identity = Identity.of(data)
        return {
            "issuer": identity.issuer,
            "subject": identity.subject,
            "email": identity.email,
            "email_verified": identity.email_verified,
            "name": identity.name,
        }

    def extract_common_fields(self, data: Mapping[str, Any]) -> dict[str, Any]:
        return {"email": Identity.of(data).email}

    def extract_email_addresses(self, data: Mapping[str, Any]) -> list[Any]:  # noqa: ARG002 (allauth's signature)
        return []


def callback_url(provider_id: str) -> str:
    """To which the provider sends people back; this very address has to be registered there."""
    return str(settings.BASE_URL) + reverse("sso_callback", args=[provider_id])
