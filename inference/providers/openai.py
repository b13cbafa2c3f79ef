"""Chat completions by OpenAI's own SDK, of OpenAI or of any server that speaks as it does."""

from collections.abc import AsyncGenerator, Iterator, Mapping
from typing import Any, cast
from urllib.parse import urlsplit

import httpx2
import msgspec
import openai
from openai._vendor.httpx_aiohttp.transport import AiohttpTransport

from inference.choices import FinishReason
from inference.conversation import Message, Prompt, TokenChance, ToolCall
from inference.providers import base, faults, sse, transport

NAME = "the OpenAI-compatible provider"


class OpenAIProvider:
    """Retries are the job's, not the SDK's: a retry must be seen, counted and outlive this process."""

    def __init__(self, *, api_key: str, base_url: str, deadline: float, guarded: bool = False) -> None:
        self.key = api_key
        # OpenAI's newer models refuse `max_tokens`; other servers do not all know its new name.
        is_openai = urlsplit(base_url).hostname == "api.openai.com"
        self.limit_parameter = "max_completion_tokens" if is_openai else "max_tokens"
        options = transport.options(guarded=guarded, vendored=AiohttpTransport)
        self.client = openai.AsyncOpenAI(
            api_key=api_key,
            base_url=base_url,
            max_retries=0,
            timeout=transport.timeout(deadline),
            http_client=openai.DefaultAioHttpClient(**options),
        )

    async def stream(self, call: base.Call) -> AsyncGenerator[base.Piece]:
        response, reader = None, _Reader(self.key)
        try:
            response = await self._asked(call)
            async for events in sse.data_of(response):
                for piece in reader.pieces(events):
                    yield piece
                if reader.is_done:
                    break
        except (openai.APIConnectionError, *faults.OF_TRANSPORT) as error:
            raise faults.of_transport(NAME, error, begun=response is not None) from error
        except openai.APIError as error:
            raise self._translate(error) from error
        except (openai.OpenAIError, *faults.OF_CONTENT) as error:
            raise base.malformed(NAME) from error
        finally:
            if response is not None:
                await sse.close(response, whole=reader.is_done)
        if not reader.has_ended:
            raise base.cut(NAME)

    async def close(self) -> None:
        await self.client.close()

    async def _asked(self, call: base.Call) -> httpx2.Response:
        """The answer, of which the head is there: the SDK's own request without its reading."""
        # Of all that it can be cast to, this alone is given as it came.
        answer: Any = await self.client.post(
            "/chat/completions",
            cast_to=httpx2.Response,
            body=self._parameters(call),
            stream=True,
            stream_cls=openai.AsyncStream[Any],
        )
        return cast("httpx2.Response", answer)

    def _translate(self, error: openai.APIError) -> base.ProviderError:
        status, headers = 200, httpx2.Headers()
        if isinstance(error, openai.APIStatusError):
            status, headers = error.status_code, error.response.headers
        kind = f"{error.type or ''} {error.code or ''}".strip()
        return faults.of_status(NAME, status=status, body=error.body, kind=kind, headers=headers, key=self.key)

    def _parameters(self, call: base.Call) -> dict[str, Any]:
        prompt = call.prompt
        optional = {
            self.limit_parameter: prompt.max_tokens,
            "temperature": prompt.temperature,
            "top_p": prompt.top_p,
            "stop": list(prompt.stop) or None,
            "tools": list(prompt.tools) or None,
            "tool_choice": prompt.tool_choice,
            "parallel_tool_calls": prompt.parallel_tool_calls if prompt.tools else None,
            "response_format": prompt.response_format or _format(prompt),
            "logprobs": True if prompt.logprobs else None,
            "top_logprobs": prompt.logprobs or None,
        }
        return {
            "model": call.model,
            "messages": _messages(prompt),
            "stream": True,
            "stream_options": {"include_usage": True},
            **{name: value for name, value in optional.items() if value is not None},
            **prompt.extra,
        }


def _format(prompt: Prompt) -> dict[str, Any] | None:
    if prompt.schema is None:
        return None
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": dict(prompt.schema)}}


def _messages(prompt: Prompt) -> list[dict[str, Any]]:
    system = [{"role": "system", "content": prompt.system}] if prompt.system else []
    return [*system, *map(_message, prompt.messages)]


def _message(message: Message) -> dict[str, Any]:
    found: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.tool_calls:
        found["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in message.tool_calls
        ]
    if message.tool_call_id:
        found["tool_call_id"] = message.tool_call_id
    return found


class _Function(msgspec.Struct):
    name: str | None = None
    arguments: str | None = None


class _Part(msgspec.Struct):
    index: int | None = None
    id: str | None = None
    function: _Function | None = None


class _Delta(msgspec.Struct):
    content: str | None = None
    refusal: str | None = None
    tool_calls: list[_Part] | None = None


class _Alternative(msgspec.Struct):
    token: str
    logprob: float


class _Token(msgspec.Struct):
    token: str
    logprob: float
    top_logprobs: list[_Alternative] | None = None


class _Logprobs(msgspec.Struct):
    content: list[_Token] | None = None


class _Choice(msgspec.Struct):
    delta: _Delta | None = None
    finish_reason: str | None = None
    logprobs: _Logprobs | None = None


class _Read(msgspec.Struct):
    cached_tokens: int | None = None


class _Written(msgspec.Struct):
    reasoning_tokens: int | None = None


class _Usage(msgspec.Struct):
    """Other servers than OpenAI's leave the details out."""

    prompt_tokens: int
    completion_tokens: int
    prompt_tokens_details: _Read | None = None
    completion_tokens_details: _Written | None = None

    @property
    def counted(self) -> base.Usage:
        read, written = self.prompt_tokens_details, self.completion_tokens_details
        return base.Usage(
            self.prompt_tokens,
            self.completion_tokens,
            tokens_cached=(read.cached_tokens if read else None) or 0,
            tokens_reasoning=(written.reasoning_tokens if written else None) or 0,
        )


class _Chunk(msgspec.Struct):
    """Of an answer, what is made use of; https://platform.openai.com/docs/api-reference/chat-streaming."""

    choices: list[_Choice] | None = None
    usage: _Usage | None = None
    error: Any = None


_chunks = msgspec.json.Decoder(_Chunk)


class _Reader:
    """Makes pieces of chunks; a tool call comes in parts, and is a piece once it is whole."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.calls: dict[int, ToolCall] = {}
        self.has_ended = self.is_done = False

    def pieces(self, events: list[bytes]) -> Iterator[base.Piece]:
        """One by one: what comes before a failure was said."""
        for event in events:
            if event.startswith(b"[DONE]"):
                self.is_done = True
                break
            yield from self._of(_chunks.decode(event))

    def _of(self, chunk: _Chunk) -> list[base.Piece]:
        if chunk.error:
            raise self._failure(chunk.error)
        pieces: list[base.Piece] = []
        for choice in (chunk.choices or ())[:1]:
            if delta := choice.delta:
                if delta.refusal:
                    raise base.refused(NAME)
                if delta.content:
                    pieces.append(base.Delta(delta.content))
                for part in delta.tool_calls or ():
                    self._add(part)
            if choice.logprobs:
                pieces += _chances(choice.logprobs)
            if choice.finish_reason:
                pieces += self._end(choice.finish_reason)
        if chunk.usage is not None:
            pieces.append(chunk.usage.counted)
        return pieces

    def _failure(self, error: Any) -> base.ProviderError:
        """It comes without a status of its own."""
        facts: Mapping[str, Any] = error if isinstance(error, dict) else {}
        kind = f"{facts.get('type') or ''} {facts.get('code') or ''}".strip()
        return faults.of_status(NAME, status=200, body=error, kind=kind, headers={}, key=self.key)

    def _add(self, part: _Part) -> None:
        index, asked = part.index or 0, part.function or _Function()
        known = self.calls.get(index) or ToolCall("", "", "")
        self.calls[index] = ToolCall(
            known.id or part.id or "", known.name or asked.name or "", known.arguments + (asked.arguments or "")
        )

    def _end(self, reason: str) -> list[base.Piece]:
        if reason == "content_filter":
            raise base.refused(NAME)
        self.has_ended = True
        calls: list[base.Piece] = [self.calls[index] for index in sorted(self.calls)]
        self.calls = {}
        reasons = {"length": FinishReason.LENGTH, "tool_calls": FinishReason.TOOL_CALLS}
        return [*calls, base.End(reasons.get(reason, FinishReason.STOP))]


def _chances(found: _Logprobs) -> list[base.Piece]:
    return [
        TokenChance(one.token, one.logprob, {each.token: each.logprob for each in one.top_logprobs or ()})
        for one in found.content or ()
    ]
