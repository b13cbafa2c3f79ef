"""How an attempt of a job ended, and the calls that it made, as the runner hands them over to be written."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from inference import rows
from inference.choices import FinishReason, ProviderName, Status
from inference.models import Call, Job
from inference.pricing import Tokens
from inference.providers.base import Usage


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One call to a provider. `usage` is None where the provider did not say."""

    provider: ProviderName
    model: str
    started_at: datetime
    first_token_at: datetime | None
    finished_at: datetime
    finish_reason: FinishReason | None
    error_code: str
    error_message: str
    usage: Usage | None
    # The organization's own key that it was called with; None for the installation's.
    credential_id: int | None = None

    @property
    def tokens(self) -> Tokens:
        """In parts that do not overlap; none where the provider did not say."""
        used = self.usage
        if used is None:
            return Tokens()
        return Tokens.of(
            read=used.tokens_input,
            cached=used.tokens_cached,
            written=used.tokens_output,
            reasoning=used.tokens_reasoning,
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a job ended. `first_token_at` is None where no token came."""

    status: Status
    output: str = ""
    result: dict[str, Any] | None = None
    finish_reason: FinishReason | None = None
    error_code: str = ""
    error_message: str = ""
    first_token_at: datetime | None = None
    calls: Sequence[CallRecord] = ()

    @property
    def answered(self) -> CallRecord | None:
        """The call that brought the end: the last that went well, else the last."""
        well = [call for call in self.calls if not call.error_code]
        return next(reversed([*self.calls[-1:], *well]), None)

    @property
    def usage(self) -> Usage | None:
        """Of all calls together; None where no provider said."""
        said = [call.usage for call in self.calls if call.usage is not None]
        if not said:
            return None
        return Usage(
            sum(one.tokens_input for one in said),
            sum(one.tokens_output for one in said),
            tokens_cached=sum(one.tokens_cached for one in said),
            tokens_reasoning=sum(one.tokens_reasoning for one in said),
        )


def note(made: Iterable[tuple[Job, Sequence[CallRecord]]]) -> None:
    """Keep the calls of these jobs' attempts."""
    rows.insert(
        [
            Call(
                job=job,
                fence=job.fence,
                number=number,
                provider=call.provider,
                model=call.model,
                credential_id=call.credential_id,
                started_at=call.started_at,
                first_token_at=call.first_token_at,
                finished_at=call.finished_at,
                finish_reason=call.finish_reason or "",
                error_code=call.error_code,
                error_message=call.error_message,
                tokens_input=call.usage.tokens_input if call.usage else None,
                tokens_output=call.usage.tokens_output if call.usage else None,
            )
            for job, calls in made
            for number, call in enumerate(calls, start=1)
        ]
    )
