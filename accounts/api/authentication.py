"""REST framework's view of a secret key."""

from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from accounts import access
from accounts.models import SecretKey
from accounts.services import key_limits

if TYPE_CHECKING:
    from drf_spectacular.openapi import AutoSchema


class KeyUser(AnonymousUser):
    """Nobody in particular, who has been authenticated: the key speaks for the organization."""

    @property
    def is_authenticated(self) -> bool:  # type: ignore[override]
        return True


class SecretKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer pls_…`; `request.auth` is the key. Raises RateLimited over the key's own limit."""

    def authenticate(self, request: Request) -> tuple[KeyUser, SecretKey] | None:
        scheme, _, text = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        key = access.secret_key(text.strip())
        if key.requests_a_minute is not None:
            allowance = key_limits.take(key_id=key.pk, requests_a_minute=key.requests_a_minute)
            request._request.allowance = allowance  # type: ignore[attr-defined]  # for AllowanceMiddleware
        return KeyUser(), key

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002 (REST framework's signature)
        return "Bearer"


class SecretKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the key stands in the OpenAPI document."""

    target_class = SecretKeyAuthentication
    name = "secretKey"

    def get_security_definition(self, auto_schema: "AutoSchema") -> dict[str, str]:  # noqa: ARG002
        return {"type": "http", "scheme": "bearer", "description": "A secret key, `pls_…`."}
