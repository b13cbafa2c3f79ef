"""`Idempotency-Key`: the same key with the same request within a day gets the same answer. No Django here.

What makes an object finds the object again by its own row; what only answers keeps the answer
(`accounts.services.once`).
"""

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from accounts.errors import FieldError, IdempotencyMismatch, Invalid

HEADER = "Idempotency-Key"
KEPT_FOR = timedelta(hours=24)
LONGEST_KEY = 255


@dataclass(frozen=True, slots=True)
class Once:
    """A request that is to have its effect once: its key, and the hash of its body."""

    key: str
    body_hash: str

    def name(self, index: int) -> str:
        """A name for the part at this place of the body: the same whenever the request comes again."""
        text = f"{self.key}\n{self.body_hash}\n{index}"
        return hashlib.blake2b(text.encode(errors="replace"), digest_size=16).hexdigest()


def checked(key: str) -> str:
    """The key as sent; raises Invalid for one that is too long, or has what no header should have."""
    if len(key) > LONGEST_KEY or not key.isprintable():
        reason = f"At most {LONGEST_KEY} printable characters."
        raise Invalid(f"The {HEADER} is too long or not printable.", fields=[FieldError(HEADER, reason)])
    return key


def once(key: str, body: bytes) -> Once | None:
    """None where no key was sent. Raises as `checked` does."""
    return Once(checked(key), hashlib.sha256(body).hexdigest()) if key else None


def mismatch() -> IdempotencyMismatch:
    return IdempotencyMismatch(f"This {HEADER} was used with another body within the last 24 hours.")
