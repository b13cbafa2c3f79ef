"""One call from its first token to its end."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime

from django.utils import timezone

from inference.choices import FinishReason, Status
from inference.configuration import Limits
from inference.entries import Entry
from inference.inputs import INPUTS
from inference.models import Job
from inference.providers import base
from inference.services.leases import Outcome


@dataclass(slots=True)
class Answer:
    """What a call has brought so far; each piece of text is said as an entry at once."""

    fence: int
    say: Callable[[Entry], None]
    texts: list[str] = field(default_factory=list)
    length: int = 0
    usage: base.Usage | None = None
    reason: FinishReason | None = None
    first_token_at: datetime | None = None

    def take(self, piece: base.Piece) -> None:
        match piece:
            case base.Delta(text=text):
                # PostgreSQL holds no NUL; the stream and the row must hold the same.
                self._append(text.replace("\x00", "\ufffd"))
            case base.Usage():
                self.usage = piece
            case base.End(reason=reason):
                self.reason = reason

    def outcome(self, status: Status, *, error: base.ProviderError | None = None) -> Outcome:
        """The end as it will stand in the row; a failed or cancelled answer keeps its text, under that status."""
        return Outcome(
            status=status,
            output="".join(self.texts),
            finish_reason=self.reason if status is Status.SUCCEEDED else None,
            error_code=error.code if error else "",
            error_message=error.message if error else "",
            tokens_input=self.usage.tokens_input if self.usage else None,
            tokens_output=self.usage.tokens_output if self.usage else None,
            first_token_at=self.first_token_at,
        )

    def _append(self, text: str) -> None:
        if self.first_token_at is None:
            self.first_token_at = timezone.now()
        self.say(Entry(self.fence, self.length, "token", text))
        self.texts.append(text)
        self.length += len(text)


async def drive(job: Job, provider: base.Provider, answer: Answer, limits: Limits) -> None:
    """Run the call to its own end; raises ProviderError where it fails or takes too long."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + limits.deadline
    call = base.Call(model=job.model, input=INPUTS[job.task].model_validate(job.input))
    try:
        async with asyncio.timeout(min(limits.first_token, limits.deadline)) as timer:
            async with aclosing(provider.stream(call)) as pieces:
                async for piece in pieces:
                    answer.take(piece)
                    timer.reschedule(min(loop.time() + limits.stall, deadline))
    except TimeoutError as error:
        raise _too_late(answer, limits, over=loop.time() >= deadline) from error


def _too_late(answer: Answer, limits: Limits, *, over: bool) -> base.ProviderError:
    if over:
        return base.ProviderError("deadline_exceeded", f"The call took longer than {limits.deadline:g} s.")
    if answer.length:
        return base.ProviderError("stalled", f"No token came for {limits.stall:g} s.")
    return base.ProviderError("first_token_late", f"No token came in {limits.first_token:g} s.", retryable=True)
