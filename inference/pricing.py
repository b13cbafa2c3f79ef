"""What tokens cost, in whole micro-units of a currency, rounded up. No Django here."""

from dataclasses import dataclass
from typing import Self

# Prices are given for so many tokens.
PER = 1_000_000
# What a chat puts around its messages, in tokens; and a token is at least one byte of text.
_FRAME = 64


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of a call in parts that do not overlap."""

    input: int = 0
    cached: int = 0
    output: int = 0
    reasoning: int = 0

    @classmethod
    def of(cls, *, read: int, cached: int, written: int, reasoning: int) -> Self:
        """From a provider's own counts, in which cached is a part of read, and reasoning of written."""
        cached, reasoning = min(cached, read), min(reasoning, written)
        return cls(read - cached, cached, written - reasoning, reasoning)

    def __add__(self, other: "Tokens") -> "Tokens":
        return Tokens(
            self.input + other.input,
            self.cached + other.cached,
            self.output + other.output,
            self.reasoning + other.reasoning,
        )


@dataclass(frozen=True, slots=True)
class Rates:
    """Micro-units of `currency` for a million tokens of each kind; an answer has at most `most_output` of them."""

    currency: str
    input: int
    cached: int
    output: int
    reasoning: int
    most_output: int

    def cost(self, tokens: Tokens) -> int:
        """Rounded up once, for the whole call: nothing that costs is free."""
        sum_of_parts = (
            tokens.input * self.input
            + tokens.cached * self.cached
            + tokens.output * self.output
            + tokens.reasoning * self.reasoning
        )
        return -(-sum_of_parts // PER)

    def most(self, *, read: int, written: int | None) -> int:
        """The most that a call may cost which reads so many bytes of text; never less than what it will.

        Without a limit to what it writes, the model's own is taken.
        """
        parts = (read + _FRAME) * max(self.input, self.cached)
        parts += (written or self.most_output) * max(self.output, self.reasoning)
        return -(-parts // PER)
