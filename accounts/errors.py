"""The errors that services, queries and the access door raise, and the one envelope that answers carry.

    {"error": {"code": "invalid", "message": "…", "fields": [{"field": "filters.0.operator", "message": "…"}]}}

`code` is stable and documented in `docs/api.md`; `fields` is there where the input is at fault.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field; `field` is a dotted path into the input."""

    field: str
    message: str


class PlumblineError(Exception):
    """The root of the hierarchy: a message for people, a stable code and an HTTP status."""

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 500

    def __init__(
        self, message: str, *, fields: Sequence[FieldError] = (), retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.fields = tuple(fields)
        self.retry_after = retry_after


class Invalid(PlumblineError):
    """The input is at fault."""

    code = "invalid"
    status = 400


class Unauthenticated(PlumblineError):
    """No key, or a wrong one."""

    code = "unauthenticated"
    status = 401


class Forbidden(PlumblineError):
    """A member whose role or key does not allow it."""

    code = "forbidden"
    status = 403


class NotFound(PlumblineError):
    """It does not exist, or not for you."""

    code = "not_found"
    status = 404


class Conflict(PlumblineError):
    """It contradicts what is there."""

    code = "conflict"
    status = 409


class TooLarge(PlumblineError):
    """The body exceeds the limit of its route."""

    code = "too_large"
    status = 413


class IdempotencyMismatch(PlumblineError):
    """The same Idempotency-Key with another body."""

    code = "idempotency_mismatch"
    status = 422


class RateLimited(PlumblineError):
    """Too many requests; `retry_after` says when to come back, in seconds."""

    code = "rate_limited"
    status = 429


class DeadlineExceeded(PlumblineError):
    """It took longer than it may."""

    code = "deadline_exceeded"
    status = 504


class Unavailable(PlumblineError):
    """Something that is needed is not there or not configured."""

    code = "unavailable"
    status = 503


def envelope(code: str, message: str, fields: Sequence[FieldError] = ()) -> dict[str, Any]:
    """The body of every error answer."""
    error: dict[str, Any] = {"code": code, "message": message}
    if fields:
        error["fields"] = [{"field": item.field, "message": item.message} for item in fields]
    return {"error": error}
