"""Chat completions by OpenAI's own SDK, of OpenAI or of any server that speaks as it does."""

from collections.abc import AsyncGenerator
from typing import Any
from urllib.parse import urlsplit

import httpx2
import openai
from openai.types.chat import ChatCompletionChunk

from inference.choices import FinishReason
from inference.prompts import render
from inference.providers import base

NAME = "the OpenAI-compatible provider"
_CONNECT_SECONDS = 10.0


class OpenAIProvider:
    """Retries are the job's, not the SDK's: a retry must be seen, counted and outlive this process."""

    def __init__(self, *, api_key: str, base_url: str, deadline: float) -> None:
        # OpenAI's newer models refuse `max_tokens`; other servers do not all know its new name.
        is_openai = urlsplit(base_url).hostname == "api.openai.com"
        self.limit_parameter = "max_completion_tokens" if is_openai else "max_tokens"
        self.client = openai.AsyncOpenAI(
            api_key=api_key,
            base_url=base_url,
            max_retries=0,
            timeout=httpx2.Timeout(deadline, connect=_CONNECT_SECONDS),
            http_client=openai.DefaultAioHttpClient(limits=httpx2.Limits(max_connections=None)),
        )

    async def stream(self, call: base.Call) -> AsyncGenerator[base.Piece]:
        begun = ended = False
        try:
            async with await self.client.chat.completions.create(**self._parameters(call)) as chunks:
                begun = True
                async for chunk in chunks:
                    for piece in _pieces(chunk):
                        ended = ended or isinstance(piece, base.End)
                        yield piece
        except openai.APIConnectionError as error:
            raise (base.cut if begun else base.unreachable)(NAME) from error
        except openai.APIError as error:
            raise _translate(error) from error
        if not ended:
            raise base.cut(NAME)

    async def close(self) -> None:
        await self.client.close()

    def _parameters(self, call: base.Call) -> dict[str, Any]:
        prompt = render(call.input)
        messages = [{"role": "user", "content": prompt.user}]
        if prompt.system:
            messages.insert(0, {"role": "system", "content": prompt.system})
        optional = {self.limit_parameter: prompt.max_tokens, "temperature": prompt.temperature}
        return {
            "model": call.model,
            "messages": messages,
            "stream": True,
            "stream_options": {"include_usage": True},
            **{name: value for name, value in optional.items() if value is not None},
        }


def _pieces(chunk: ChatCompletionChunk) -> list[base.Piece]:
    pieces: list[base.Piece] = []
    for choice in chunk.choices[:1]:
        if choice.delta.content:
            pieces.append(base.Delta(choice.delta.content))
        if choice.finish_reason == "content_filter":
            raise base.refused(NAME)
        if choice.finish_reason:
            reason = FinishReason.LENGTH if choice.finish_reason == "length" else FinishReason.STOP
            pieces.append(base.End(reason))
    if chunk.usage is not None:
        pieces.append(base.Usage(chunk.usage.prompt_tokens, chunk.usage.completion_tokens))
    return pieces


def _translate(error: openai.APIError) -> base.ProviderError:
    # An error inside the stream comes without a status: it is the server's own failure unless its type says else.
    status, retry_after = 500, None
    if isinstance(error, openai.APIStatusError):
        status, retry_after = error.status_code, error.response.headers.get("retry-after")
    return base.from_status(
        NAME,
        status=status,
        message=error.message,
        kind=f"{error.type or ''} {error.code or ''}".strip(),
        retry_after=retry_after,
    )
