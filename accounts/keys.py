"""API keys as text: 190 random bits and a checksum, recognisable by prefix, stored only as a hash.

A fast hash is right here: unlike a password, a key of so many bits cannot be guessed from its hash. The last six
characters are the CRC-32 of all before them in base 62, so that a scanner can tell a key that it finds in public
from what only looks like one. Keys from before the checksum are six characters shorter and still work.
"""

import hashlib
import re
import secrets
import zlib

WRITE_PREFIX = "plw_"
SECRET_PREFIX = "pls_"
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_LENGTH = 32
_CHECKSUM_LENGTH = 6
HINT_LENGTH = 8
# What secret scanners look for; docs/keys.md has it.
PATTERN = r"\bpl[sw]_[0-9A-Za-z]{38}\b"
# Those from before the checksum as well.
_ANY = re.compile(r"\b(pl[sw]_[0-9A-Za-z]{4})[0-9A-Za-z]{28}(?:[0-9A-Za-z]{6})?\b")


def generate(prefix: str) -> str:
    """A new key, e.g. `plw_` and 38 characters of base 62."""
    text = prefix + "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
    return text + _checksum(text)


def has_checksum(key: str) -> bool:
    """Whether this is a key by its form and its checksum, as a scanner tells."""
    return bool(re.fullmatch(PATTERN, key)) and key[-_CHECKSUM_LENGTH:] == _checksum(key[:-_CHECKSUM_LENGTH])


def digest(key: str) -> str:
    """The SHA-256 of a key as 64 hexadecimal digits: what the database holds."""
    return hashlib.sha256(key.encode()).hexdigest()


def hint(key: str) -> str:
    """The part of a key that may be shown later, enough to tell keys apart."""
    return key[:HINT_LENGTH]


def masked(text: str) -> str:
    """The text with every key in it cut to its hint."""
    return _ANY.sub(r"\1…", text)


def _checksum(text: str) -> str:
    number, digits = zlib.crc32(text.encode()), ""
    for _ in range(_CHECKSUM_LENGTH):
        number, place = divmod(number, len(_ALPHABET))
        digits = _ALPHABET[place] + digits
    return digits
