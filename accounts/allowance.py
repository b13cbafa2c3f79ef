"""How many requests a key has left, as the `RateLimit-*` headers say it. No Django here."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Allowance:
    """So many of `limit` requests remain; all of them are there again after `reset_seconds`."""

    limit: int
    remaining: int
    reset_seconds: int

    @property
    def headers(self) -> dict[str, str]:
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.reset_seconds),
        }
