"""What one call has brought so far."""

from dataclasses import dataclass, field
from datetime import datetime

from django.utils import timezone

from inference.choices import FinishReason
from inference.conversation import Reply, TokenChance, ToolCall, made_storable
from inference.providers import base
from inference.routes import Target
from inference.services.outcomes import CallRecord

# Characters. No model writes so much in one answer.
LONGEST_ANSWER = 4_000_000


@dataclass(slots=True)
class Heard:
    """The pieces of one answer, in order, and the times of its first and last."""

    started_at: datetime = field(default_factory=timezone.now)
    texts: list[str] = field(default_factory=list)
    length: int = 0
    calls: list[ToolCall] = field(default_factory=list)
    chances: list[TokenChance] = field(default_factory=list)
    usage: base.Usage | None = None
    reason: FinishReason | None = None
    first_token_at: datetime | None = None

    def take(self, piece: base.Piece) -> str:
        """Keep a piece; its text, if it has any. Raises ProviderError where the answer has no end."""
        match piece:
            case base.Usage():
                self.usage = piece
                return ""
            case base.End(reason=reason):
                self.reason = reason
                return ""
        self.first_token_at = self.first_token_at or timezone.now()
        match piece:
            case base.Delta(text=text):
                return self._text(text)
            case ToolCall():
                said = (piece.id, piece.name, piece.arguments)
                self.calls.append(ToolCall(*map(made_storable, said)))
            case TokenChance():
                self.chances.append(piece)
        return ""

    def reply(self) -> Reply:
        if self.reason is None:
            raise RuntimeError("A provider's stream ended without an end.")
        return Reply("".join(self.texts), self.reason, tuple(self.calls), tuple(self.chances))

    def record(self, target: Target, error: base.ProviderError | None = None) -> CallRecord:
        return CallRecord(
            provider=target.provider,
            model=target.model,
            credential_id=target.credential_id,
            started_at=self.started_at,
            first_token_at=self.first_token_at,
            finished_at=timezone.now(),
            finish_reason=self.reason,
            error_code=error.code if error else "",
            error_message=error.message if error else "",
            usage=self.usage,
        )

    def _text(self, text: str) -> str:
        self.length += len(text)
        if self.length > LONGEST_ANSWER:
            raise base.malformed("the provider", "more than an answer can have")
        self.texts.append(text)
        return text
