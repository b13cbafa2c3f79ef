"""A chat job as the OpenAI-compatible API shows it: as a chat completion, or as a Response. No Django here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from inference.choices import FinishReason, Status
from inference.openai_api import errors
from inference.openai_api.errors import Fault


@dataclass(frozen=True, slots=True)
class Usage:
    """Input tokens include cached ones, output tokens those of reasoning."""

    tokens_input: int
    tokens_output: int
    tokens_cached: int
    tokens_reasoning: int


@dataclass(frozen=True, slots=True)
class Answer:
    """How a job stands, and what it has said once it has ended. `input` is a `ChatInput`, empty where removed.

    `retry_after`: of one that failed since nobody could be asked, the seconds until somebody can.
    """

    job_id: UUID
    status: Status
    model: str
    input: Mapping[str, Any]
    metadata: Mapping[str, str]
    created_at: datetime
    finished_at: datetime | None
    text: str
    finish_reason: FinishReason | None
    tool_calls: Sequence[Mapping[str, str]]
    logprobs: Sequence[Mapping[str, Any]]
    error_code: str
    error_message: str
    usage: Usage | None
    retry_after: float | None = None

    @property
    def fault(self) -> Fault | None:
        """Why a finished one has no whole answer; None where it has."""
        match self.status:
            case Status.SUCCEEDED:
                return None
            case Status.CANCELLED:
                return errors.of_failure("cancelled", "The job was cancelled.")
            case Status.EXPIRED:
                return errors.of_failure("expired", "The job was not begun in time.")
        return errors.of_failure(self.error_code, self.error_message, retry_after=self.retry_after)


def with_bytes(chances: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Each token with its bytes, as OpenAI has it."""
    return [
        {**_one(chance), "top_logprobs": [_one(likely) for likely in chance["top_logprobs"]]} for chance in chances
    ]


def _one(chance: Mapping[str, Any]) -> dict[str, Any]:
    token = chance["token"]
    return {"token": token, "logprob": chance["logprob"], "bytes": list(token.encode())}
