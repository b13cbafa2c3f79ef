"""The errors that services, queries and the access door raise, and the one envelope that answers carry.

    {"error": {"code": "invalid", "message": "…", "fields": [{"field": "filters.0.operator", "message": "…"}]}}

`code` is stable and documented in `docs/api.md`; `fields` is there where the input is at fault, and some codes
have figures of their own beside them.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar

from accounts.allowance import Allowance

LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field; `field` is a dotted path into the input."""

    field: str
    message: str


NO_DETAILS: Mapping[str, Any] = MappingProxyType({})


class PlumblineError(Exception):
    """The root of the hierarchy: a message for people, a stable code and an HTTP status."""

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 500

    def __init__(
        self,
        message: str,
        *,
        fields: Sequence[FieldError] = (),
        retry_after: float | None = None,
        details: Mapping[str, Any] = NO_DETAILS,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.fields = tuple(fields)
        self.retry_after = retry_after
        self.details = details

    @property
    def body(self) -> dict[str, Any]:
        """The envelope that the answer carries."""
        return envelope(self.code, self.message, self.fields, self.details)

    @property
    def headers(self) -> dict[str, str]:
        """What stands in the head of the answer: when to come back, in whole seconds."""
        return {} if self.retry_after is None else {"Retry-After": str(max(1, round(self.retry_after)))}


class Invalid(PlumblineError):
    """The input is at fault."""

    code = "invalid"
    status = 400


class Unauthenticated(PlumblineError):
    """No key, or a wrong one."""

    code = "unauthenticated"
    status = 401


class SpendingCapReached(PlumblineError):
    """It could cost more than is left of the month's cap; `details` has the figures, in micro-units."""

    code = "spending_cap_reached"
    status = 402


class Forbidden(PlumblineError):
    """A member whose role or key does not allow it."""

    code = "forbidden"
    status = 403


class NotFound(PlumblineError):
    """It does not exist, or not for you."""

    code = "not_found"
    status = 404


class Moved(PlumblineError):
    """The organization has another slug now; the same path with `now` in the place of `was` has the answer."""

    code = "moved"
    status = 307

    def __init__(self, message: str, *, was: str, now: str) -> None:
        super().__init__(message)
        self.was, self.now = was, now

    def path(self, path: str) -> str:
        """Where to go instead of this path."""
        return path.replace(f"/{self.was}/", f"/{self.now}/", 1)


class TooSlow(PlumblineError):
    """The body did not arrive in time."""

    code = "too_slow"
    status = 408


class Conflict(PlumblineError):
    """It contradicts what is there."""

    code = "conflict"
    status = 409


class PlanLimit(Conflict):
    """The plan has no room for more, or not this feature; `details` has `limit` and `plan`, and the figures."""

    code = "plan_limit"
    status = 402


class PaymentRefused(Conflict):
    """The card was not charged, so nothing was changed."""

    code = "payment_refused"
    status = 402


class Cancelled(PlumblineError):
    """Somebody did not want it any more."""

    code = "cancelled"
    status = 409


class NotReady(PlumblineError):
    """What it builds on is not computed yet; `retry_after` says when it may be."""

    code = "not_ready"
    status = 409


class TooLarge(PlumblineError):
    """The body exceeds the limit of its route."""

    code = "too_large"
    status = 413


class IdempotencyMismatch(PlumblineError):
    """The same Idempotency-Key with another body."""

    code = "idempotency_mismatch"
    status = 422


class NotShareable(PlumblineError):
    """It is not for everybody's eyes: the message says what of it."""

    code = "not_shareable"
    status = 422


class QueryTooLarge(PlumblineError):
    """The query would read more than the plan allows; `details` has the figures."""

    code = "query_too_large"
    status = 422


class RateLimited(PlumblineError):
    """Too many requests; `retry_after` says when to come back, in seconds."""

    code = "rate_limited"
    status = 429

    def __init__(
        self, message: str, *, retry_after: float | None = None, allowance: Allowance | None = None
    ) -> None:
        super().__init__(message, retry_after=retry_after)
        self.allowance = allowance

    @property
    def headers(self) -> dict[str, str]:
        """With `RateLimit-*` where a key's own limit is meant."""
        return super().headers | (self.allowance.headers if self.allowance else {})


class QuotaExceeded(PlumblineError):
    """The plan's quota is used up; `details` has the figures, `retry_after` is an hour at most."""

    code = "quota_exceeded"
    status = 429


class DeadlineExceeded(PlumblineError):
    """It took longer than it may."""

    code = "deadline_exceeded"
    status = 504


class Unavailable(PlumblineError):
    """Something that is needed is not there or not configured."""

    code = "unavailable"
    status = 503


def note(error: PlumblineError) -> None:
    """Log what happened, where the answer does not say it."""
    if str(error) != error.message:
        LOG.warning("%s %s", error.message, error)


def envelope(
    code: str, message: str, fields: Sequence[FieldError] = (), details: Mapping[str, Any] = NO_DETAILS
) -> dict[str, Any]:
    """The body of every error answer."""
    error: dict[str, Any] = {"code": code, "message": message, **details}
    if fields:
        error["fields"] = [{"field": item.field, "message": item.message} for item in fields]
    return {"error": error}
