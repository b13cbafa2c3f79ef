"""What goes wrong, in OpenAI's envelope and under its statuses, so that its SDK raises the exception that fits.

{"error": {"message": "…", "type": "invalid_request_error", "param": "messages[0].role", "code": null}}
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_REQUEST, _SERVER, _RATE, _QUOTA = (
    "invalid_request_error",
    "server_error",
    "rate_limit_error",
    "insufficient_quota",
)
_INDEX = re.compile(r"\.(\d+)(?=\.|$)")

# Our own refusals by their codes: status, type, code. Others keep status and code.
_REFUSALS = {
    "unauthenticated": (401, _REQUEST, "invalid_api_key"),
    "forbidden": (403, _REQUEST, "insufficient_permissions"),
    "plan_limit": (403, _REQUEST, "plan_limit"),
    "quota_exceeded": (429, _QUOTA, _QUOTA),
    "rate_limited": (429, _RATE, "rate_limit_exceeded"),
}
# Jobs that failed, by their codes: status, type, code. Others are 502 with their own code.
_FAILURES = {
    "rate_limited": (429, _RATE, "rate_limit_exceeded"),
    "quota": (429, _QUOTA, _QUOTA),
    "too_long": (400, _REQUEST, "context_length_exceeded"),
    "refused": (400, _REQUEST, "content_filter"),
    "rejected": (400, _REQUEST, None),
    "unknown_model": (404, _REQUEST, "model_not_found"),
    "cancelled": (409, _REQUEST, "cancelled"),
    "internal": (500, _SERVER, "internal"),
    "worker_lost": (500, _SERVER, "worker_lost"),
    "overloaded": (503, _SERVER, "overloaded"),
    "resting": (503, _SERVER, "resting"),
    "no_provider": (503, _SERVER, "no_provider"),
    "expired": (504, _SERVER, "expired"),
    "deadline_exceeded": (504, _SERVER, "deadline_exceeded"),
    "first_token_late": (504, _SERVER, "first_token_late"),
}
# What was not found, by the parameter that names it.
_MISSING = {"model": "model_not_found", "previous_response_id": "previous_response_not_found"}
# The parameter at fault, by the code of a job that failed.
_OF_FIELD = {"too_long": "messages", "unknown_model": "model"}


@dataclass(frozen=True, slots=True)
class Fault:
    """An error answer. `retry` is false where the same again would be in vain, or has been tried here already.

    `retry_after`: for so many seconds nobody is asked who could answer.
    """

    status: int
    kind: str
    code: str | None
    message: str
    param: str | None = None
    retry: bool = True
    retry_after: float | None = None

    @property
    def body(self) -> dict[str, Any]:
        error = {"message": self.message, "type": self.kind, "param": self.param, "code": self.code}
        return {"error": error}

    @property
    def headers(self) -> dict[str, str]:
        """The SDKs heed `x-should-retry` before they look at the status, and show the other to their callers."""
        found = {} if self.retry else {"x-should-retry": "false"}
        return found if self.retry_after is None else {**found, "Retry-After": str(math.ceil(self.retry_after))}


def of_refusal(status: int, envelope: Mapping[str, Any]) -> Fault:
    """A request that was turned down, from our own envelope (`accounts.errors`)."""
    error = envelope["error"]
    fields = error.get("fields", ())
    status, kind, code = _REFUSALS.get(error["code"]) or _unlisted(status, error["code"])
    param = _path(fields[0]["field"]) if fields else None
    if code == "not_found":
        code = _MISSING.get(param or "", code)
    message = " ".join(f"{_path(field['field'])}: {field['message']}" for field in fields) or error["message"]
    return Fault(status, kind, code, message, param=param, retry=kind != _QUOTA)


def of_failure(code: str, message: str, *, retry_after: float | None = None) -> Fault:
    """A job that failed. It was tried again here as often as that may help."""
    status, kind, name = _FAILURES.get(code, (502, _SERVER, code))
    return Fault(status, kind, name, message, param=_OF_FIELD.get(code), retry=False, retry_after=retry_after)


def _unlisted(status: int, code: str) -> tuple[int, str, str | None]:
    if status == 402:  # caps and budgets
        return 429, _QUOTA, _QUOTA
    return status, _SERVER if status >= 500 else _REQUEST, None if code == "invalid" else code


def _path(field: str) -> str:
    """`messages.0.role` as OpenAI writes it: `messages[0].role`."""
    return _INDEX.sub(r"[\1]", field)
