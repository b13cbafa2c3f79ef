"""What every provider is: a stream of text and tool calls, its usage, why it ended; and how it fails."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Protocol

from pydantic import BaseModel

from inference.choices import FinishReason
from inference.conversation import Prompt, TokenChance, ToolCall, made_storable

_LONGEST_MESSAGE = 500


@dataclass(frozen=True, slots=True)
class Call:
    """One call: the model and what it is sent; beside it the task's input, for who needs no model."""

    model: str
    prompt: Prompt
    input: BaseModel | None = None


@dataclass(frozen=True, slots=True)
class Delta:
    """The next piece of text; never empty."""

    text: str


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of the whole call so far. A later one replaces an earlier one.

    Input tokens include those that came from the provider's cache, output tokens those of reasoning.
    """

    tokens_input: int
    tokens_output: int
    tokens_cached: int = 0
    tokens_reasoning: int = 0


@dataclass(frozen=True, slots=True)
class End:
    """The provider itself said that the answer is over. A stream without it was cut."""

    reason: FinishReason


Piece = Delta | ToolCall | TokenChance | Usage | End


class Provider(Protocol):
    """Holds connections, so it lives as long as the event loop that uses it."""

    def stream(self, call: Call) -> AsyncGenerator[Piece]:
        """Raises ProviderError and nothing else where the provider fails."""
        ...

    async def close(self) -> None: ...


class ProviderError(Exception):
    """A failed call: a stable code, a sentence without secrets, and what may help.

    `retryable`: the same again later. `elsewhere`: the same of another model; that is so for what is retryable,
    and never where the request itself is at fault. `retry_after` is what the provider asked for, in seconds.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        retryable: bool = False,
        elsewhere: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = made_storable(message[:1].upper() + message[1:])[:_LONGEST_MESSAGE]
        self.retryable = retryable
        self.elsewhere = elsewhere or retryable
        self.retry_after = retry_after


class Resting(ProviderError):
    """Nobody was asked, since all who could be have failed lately: to be tried again in `retry_after` seconds."""

    def __init__(self, message: str, *, retry_after: float) -> None:
        super().__init__("resting", message, retryable=True, retry_after=retry_after)


def cut(provider: str) -> ProviderError:
    """The stream ended although the provider had not said so."""
    return ProviderError(
        "cut", f"The connection to {provider} was cut before the answer was whole.", retryable=True
    )


def refused(provider: str) -> ProviderError:
    return ProviderError("refused", f"{provider} refused to answer this.")


def malformed(provider: str, what: str = "something that cannot be read") -> ProviderError:
    """It answered, and not in the words of its own API."""
    return ProviderError("malformed", f"{provider} sent {what}.", retryable=True)


def unreachable(provider: str, why: str = "", *, retryable: bool = True) -> ProviderError:
    message = f"{provider} could not be reached{f': {why}' if why else ''}."
    return ProviderError("unreachable", message, retryable=retryable, elsewhere=True)
