"""What every provider is: a stream of text, its usage, and why it ended; and the one form of its failures."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Protocol

from inference.choices import FinishReason
from inference.inputs import TaskInput

_LONGEST_MESSAGE = 500


@dataclass(frozen=True, slots=True)
class Call:
    """One call: the model and what it is asked."""

    model: str
    input: TaskInput


@dataclass(frozen=True, slots=True)
class Delta:
    """The next piece of text; never empty."""

    text: str


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of the whole call so far; input tokens include cached ones. A later one replaces an earlier one."""

    tokens_input: int
    tokens_output: int


@dataclass(frozen=True, slots=True)
class End:
    """The provider itself said that the answer is over. A stream without it was cut."""

    reason: FinishReason


Piece = Delta | Usage | End


class Provider(Protocol):
    """Holds connections, so it lives as long as the event loop that uses it."""

    def stream(self, call: Call) -> AsyncGenerator[Piece]:
        """Raises ProviderError and nothing else where the provider fails."""
        ...

    async def close(self) -> None: ...


class ProviderError(Exception):
    """A failed call: a stable code, a sentence without secrets, and whether trying again may help.

    `retry_after` is what the provider asked for, in seconds.
    """

    def __init__(
        self, code: str, message: str, *, retryable: bool = False, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = (message[:1].upper() + message[1:])[:_LONGEST_MESSAGE]
        self.retryable = retryable
        self.retry_after = retry_after


def cut(provider: str) -> ProviderError:
    """The stream ended although the provider had not said so."""
    return ProviderError(
        "cut", f"The connection to {provider} was cut before the answer was whole.", retryable=True
    )


def refused(provider: str) -> ProviderError:
    return ProviderError("refused", f"{provider} refused to answer this.")


def unreachable(provider: str) -> ProviderError:
    return ProviderError("unreachable", f"{provider} could not be reached.", retryable=True)


def from_status(
    provider: str, *, status: int, message: str, kind: str = "", retry_after: str | None = None
) -> ProviderError:
    """The failure that an HTTP status, or the provider's own word for it, stands for."""
    code, retryable = _classify(status, kind, message)
    if code == "credentials":
        # The provider's own text may quote the key.
        message = f"{provider} did not accept the configured API key."
    return ProviderError(
        code,
        f"{provider}: {message}" if code != "credentials" else message,
        retryable=retryable,
        retry_after=_seconds(retry_after),
    )


def _classify(status: int, kind: str, message: str) -> tuple[str, bool]:
    words = f"{kind} {message}".lower()
    too_long = status == 413 or "prompt is too long" in words or "context_length" in words
    rules = (
        ("credentials", False, status in {401, 403} or kind in {"authentication_error", "permission_error"}),
        ("quota", False, status == 402 or "insufficient_quota" in words),
        ("rate_limited", True, status == 429 or kind == "rate_limit_error"),
        ("overloaded", True, status in {503, 529} or kind == "overloaded_error"),
        ("provider_failed", True, status in {408, 409} or status >= 500 or kind == "api_error"),
        ("too_long", False, too_long),
        ("rejected", False, True),
    )
    return next((code, retryable) for code, retryable, holds in rules if holds)


def _seconds(retry_after: str | None) -> float | None:
    try:
        return max(0.0, float(retry_after)) if retry_after else None
    except ValueError:  # a date: the providers send seconds
        return None
