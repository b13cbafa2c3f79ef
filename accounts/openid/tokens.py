"""The signed word of a provider on who somebody is."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt

from accounts.errors import Forbidden

# Signed with the provider's private key, all of them; never with a secret that two share.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
# How far a provider's clock may be off, in seconds.
LEEWAY = 60
_REQUIRED = ["iss", "aud", "sub", "exp", "iat"]


@dataclass(frozen=True, slots=True)
class Identity:
    """Who came, as the provider says. Of all this, `issuer` and `subject` alone are the person's for good."""

    issuer: str
    subject: str
    email: str
    email_verified: bool
    name: str

    @property
    def uid(self) -> str:
        """One text for the issuer and its subject, of a length that fits whatever they are."""
        return hashlib.sha256(f"{self.issuer}\n{self.subject}".encode()).hexdigest()

    @classmethod
    def of(cls, claims: Mapping[str, Any]) -> "Identity":
        # Some providers write it as a text.
        verified = claims.get("email_verified") in {True, "true"}
        texts = {name: str(claims.get(name) or "").replace("\0", "").strip() for name in ("email", "name")}
        return cls(
            issuer=str(claims["iss"]),
            subject=str(claims["sub"]),
            email=texts["email"].lower(),
            email_verified=verified,
            name=texts["name"][:200],
        )


def claims_of(
    id_token: str, *, keys: Mapping[str, Any], issuer: str, client_id: str, nonce: str
) -> Mapping[str, Any]:
    """What the token says, once it is proved to be the issuer's, for this client, of now and of this login.

    `keys` is the provider's JWKS. Raises Forbidden with a reason otherwise.
    """
    try:
        claims: Mapping[str, Any] = jwt.decode(
            id_token,
            _key(id_token, keys),
            algorithms=ALGORITHMS,
            issuer=issuer,
            audience=client_id,
            leeway=LEEWAY,
            options={"require": _REQUIRED},
        )
    except jwt.ExpiredSignatureError as error:
        raise Forbidden("The provider's token is over. Try again.") from error
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise Forbidden(f"The provider's token does not hold: {error}.") from error
    if claims.get("azp", client_id) != client_id:
        raise Forbidden("The provider's token is for somebody else.")
    if not nonce or claims.get("nonce") != nonce:
        raise Forbidden("The provider's token is of another login.")
    if not isinstance(claims["sub"], str) or not claims["sub"]:
        raise Forbidden("The provider's token names nobody.")
    return claims


def _key(id_token: str, keys: Mapping[str, Any]) -> Any:
    """The key that the token names, or the only one there is; raises PyJWTError without one."""
    known = jwt.PyJWKSet.from_dict(dict(keys)).keys
    wanted = jwt.get_unverified_header(id_token).get("kid")
    found = [key for key in known if key.key_id == wanted] if wanted is not None else known
    if len(found) != 1:
        raise jwt.InvalidKeyError("it is signed with a key that the provider does not show")
    return found[0].key
