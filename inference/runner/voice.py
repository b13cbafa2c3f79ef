"""What a job has said so far: each piece of text goes to the stream at once."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from django.utils import timezone

from inference.entries import Entry


@dataclass(slots=True)
class Voice:
    """One attempt's text, in pieces, with the time of the first."""

    fence: int
    tell: Callable[[Entry], None]
    texts: list[str] = field(default_factory=list)
    length: int = 0
    first_token_at: datetime | None = None

    @property
    def text(self) -> str:
        return "".join(self.texts)

    def say(self, text: str) -> None:
        if not text:
            return
        if self.first_token_at is None:
            self.first_token_at = timezone.now()
        # PostgreSQL holds no NUL; the stream and the row must hold the same.
        clean = text.replace("\x00", "\ufffd")
        self.tell(Entry(self.fence, self.length, "token", clean))
        self.texts.append(clean)
        self.length += len(clean)
