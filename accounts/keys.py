"""API keys as text: made from 160 random bits, recognisable by prefix, stored only as a hash.

A fast hash is right here: unlike a password, a key of 160 bits cannot be guessed from its hash.
"""

import hashlib
import secrets

WRITE_PREFIX = "plw_"
SECRET_PREFIX = "pls_"
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_LENGTH = 32
HINT_LENGTH = 8


def generate(prefix: str) -> str:
    """A new key, e.g. `plw_` and 32 characters of base 62."""
    return prefix + "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))


def digest(key: str) -> str:
    """The SHA-256 of a key as 64 hexadecimal digits: what the database holds."""
    return hashlib.sha256(key.encode()).hexdigest()


def hint(key: str) -> str:
    """The part of a key that may be shown later, enough to tell keys apart."""
    return key[:HINT_LENGTH]
