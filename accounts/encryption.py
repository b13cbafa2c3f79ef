"""Secrets that have to be read again are encrypted in the database, with a key made of SECRET_KEY."""

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from accounts.errors import Unavailable


def encrypt(text: str, *, purpose: str) -> str:
    """The text as nobody can read it without SECRET_KEY, or use it for another purpose."""
    return _cipher(purpose).encrypt(text.encode()).decode()


def decrypt(encrypted: str, *, purpose: str) -> str:
    """The text again; raises Unavailable where it was encrypted under another SECRET_KEY."""
    try:
        return _cipher(purpose).decrypt(encrypted.encode()).decode()
    except InvalidToken as error:
        raise Unavailable(
            "A stored secret cannot be read: SECRET_KEY is not the one it was stored with. Ask whoever runs this "
            "installation."
        ) from error


def _cipher(purpose: str) -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"plumbline {purpose}".encode())
    return Fernet(base64.urlsafe_b64encode(derived.derive(settings.SECRET_KEY.encode())))
