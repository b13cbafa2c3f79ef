"""How somebody logged in, in words, from what allauth keeps of it in the session."""

from collections.abc import Mapping
from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from django.http import HttpRequest

from accounts import domains
from accounts.models import User

SSO = "single sign-on"
_METHODS = {"password": "password", "password_reset": "password reset", "socialaccount": SSO}
FACTORS: Mapping[str, str] = {
    Authenticator.Type.TOTP: "authenticator app",
    Authenticator.Type.WEBAUTHN: "passkey",
    Authenticator.Type.RECOVERY_CODES: "recovery code",
}
# A sign-up leaves no record but the address that was proved by it.
_BY_MAIL = "confirmed address"


def way_in(request: HttpRequest, user: User) -> str:
    """As in "password and authenticator app", in the order in which they were shown."""
    records = get_authentication_records(request, user)
    steps = [_step(record) for record in records if not record.get("reauthenticated")]
    return " and ".join(dict.fromkeys(steps)) or _BY_MAIL


def came_by(request: HttpRequest, user: User, provider_id: str) -> bool:
    """Whether an organization's provider was among the ways, in this session."""
    return any(record.get("provider") == provider_id for record in get_authentication_records(request, user))


def only_by_sso(address: str) -> str:
    """What is said to whoever tries another way."""
    return f"People of {domains.of_address(address)} log in by single sign-on."


def _step(record: Mapping[str, Any]) -> str:
    method = str(record["method"])
    return FACTORS.get(str(record.get("type")), method) if method == "mfa" else _METHODS.get(method, method)
