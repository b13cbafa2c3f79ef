"""Anthropic's Messages API by its own SDK."""

from collections.abc import AsyncGenerator
from typing import Any

import anthropic
import httpx2
from anthropic.types import RawMessageStreamEvent
from anthropic.types import Usage as StartUsage

from inference.choices import FinishReason
from inference.prompts import render
from inference.providers import base

NAME = "Anthropic"
# The API demands a limit; this is the one where a job names none.
DEFAULT_MAX_TOKENS = 4096
_CONNECT_SECONDS = 10.0


class AnthropicProvider:
    """Retries are the job's, not the SDK's: a retry must be seen, counted and outlive this process."""

    def __init__(self, *, api_key: str, base_url: str, deadline: float) -> None:
        self.client = anthropic.AsyncAnthropic(
            api_key=api_key,
            base_url=base_url,
            max_retries=0,
            timeout=httpx2.Timeout(deadline, connect=_CONNECT_SECONDS),
            http_client=anthropic.DefaultAioHttpClient(limits=httpx2.Limits(max_connections=None)),
        )

    async def stream(self, call: base.Call) -> AsyncGenerator[base.Piece]:
        begun = ended = False
        tokens_input = 0
        try:
            async with await self.client.messages.create(**_parameters(call), stream=True) as events:
                begun = True
                async for event in events:
                    if event.type == "message_start":
                        tokens_input = _all_input(event.message.usage)
                    for piece in _pieces(event, tokens_input):
                        ended = ended or isinstance(piece, base.End)
                        yield piece
        except anthropic.APIStatusError as error:
            raise _translate(error) from error
        except (anthropic.APIConnectionError, httpx2.TransportError) as error:
            raise (base.cut if begun else base.unreachable)(NAME) from error
        if not ended:
            raise base.cut(NAME)

    async def close(self) -> None:
        await self.client.close()


def _parameters(call: base.Call) -> dict[str, Any]:
    prompt = render(call.input)
    parameters: dict[str, Any] = {
        "model": call.model,
        "max_tokens": prompt.max_tokens or DEFAULT_MAX_TOKENS,
        "messages": [{"role": "user", "content": prompt.user}],
    }
    if prompt.system:
        parameters["system"] = prompt.system
    if prompt.temperature is not None:
        # The SDK has no name for it any more; models that still know it take it, others say that they do not.
        parameters["extra_body"] = {"temperature": prompt.temperature}
    return parameters


def _pieces(event: RawMessageStreamEvent, tokens_input: int) -> list[base.Piece]:
    if event.type == "content_block_delta" and event.delta.type == "text_delta" and event.delta.text:
        return [base.Delta(event.delta.text)]
    if event.type != "message_delta":
        return []
    usage = base.Usage(tokens_input, event.usage.output_tokens)
    match event.delta.stop_reason:
        case None:
            return [usage]
        case "refusal":
            raise base.refused(NAME)
        case "max_tokens" | "model_context_window_exceeded":
            return [usage, base.End(FinishReason.LENGTH)]
        case _:
            return [usage, base.End(FinishReason.STOP)]


def _all_input(usage: StartUsage) -> int:
    """Anthropic counts cached tokens apart; here input is all that was read."""
    return usage.input_tokens + (usage.cache_creation_input_tokens or 0) + (usage.cache_read_input_tokens or 0)


def _translate(error: anthropic.APIStatusError) -> base.ProviderError:
    body: Any = error.body if isinstance(error.body, dict) else {}
    detail: Any = body.get("error") if isinstance(body.get("error"), dict) else {}
    return base.from_status(
        NAME,
        status=error.status_code,
        message=str(detail.get("message") or error.message),
        kind=str(detail.get("type") or ""),
        retry_after=error.response.headers.get("retry-after"),
    )
