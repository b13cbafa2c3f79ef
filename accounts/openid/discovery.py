"""What a provider says of itself at its discovery URL."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests

from accounts import outgoing
from accounts.errors import FieldError, Invalid
from accounts.openid.tokens import ALGORITHMS

WELL_KNOWN = "/.well-known/openid-configuration"
_NEEDED = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")


@dataclass(frozen=True, slots=True)
class Provider:
    """The addresses of a provider, each `https://`; `userinfo_endpoint` is empty where it has none."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str
    # Whether the token endpoint takes the secret in the body; else in the header.
    takes_secret_in_body: bool


def read(url: str) -> Provider:
    """Ask the provider; `url` may be its issuer as well. Raises Invalid, with the field `discovery_url`."""
    address = url if "/.well-known/" in url else url.rstrip("/") + WELL_KNOWN
    try:
        return _provider(fetch(address))
    except Invalid as error:
        raise Invalid(error.message, fields=[FieldError("discovery_url", error.message)]) from error


def fetch(url: str, **headers: str) -> Mapping[str, Any]:
    """The JSON object at an address; raises Invalid where none is there."""
    try:
        with outgoing.session() as session:
            answer = session.get(url, headers=headers)
            answer.raise_for_status()
            if answer.is_redirect:
                raise Invalid(f"{url} leads elsewhere; give the address that it leads to.")
            found = answer.json()
    except requests.HTTPError as error:
        said = error.response.status_code if error.response is not None else "an error"
        raise Invalid(f"{url} answers {said}.") from error
    except (requests.RequestException, ValueError) as error:
        raise Invalid(f"{url} does not answer as an OpenID provider does.") from error
    if not isinstance(found, dict):
        raise Invalid(f"{url} does not answer as an OpenID provider does.")
    return found


def _provider(found: Mapping[str, Any]) -> Provider:
    for name in _NEEDED:
        if not isinstance(found.get(name), str) or not found[name]:
            raise Invalid(f"The provider does not say its {name}.")
    userinfo = found.get("userinfo_endpoint")
    for address in (*(found[name] for name in _NEEDED), *([userinfo] if isinstance(userinfo, str) else [])):
        outgoing.require_secure(address)
    signed = found.get("id_token_signing_alg_values_supported")
    if isinstance(signed, list) and not set(ALGORITHMS).intersection(map(str, signed)):
        raise Invalid("The provider signs in no way that we can check; RS256 and ES256 are usual.")
    methods = found.get("token_endpoint_auth_methods_supported")
    return Provider(
        **{name: found[name] for name in _NEEDED},
        userinfo_endpoint=userinfo if isinstance(userinfo, str) else "",
        # The specification's default is the header.
        takes_secret_in_body=isinstance(methods, list) and "client_secret_post" in methods,
    )
