"""Anthropic's Messages API by its own SDK."""

from collections.abc import AsyncGenerator, Iterator, Mapping
from dataclasses import replace
from typing import Any, cast

import anthropic
import httpx2
import msgspec
from anthropic._vendor.httpx_aiohttp.transport import AiohttpTransport

from inference.choices import FinishReason
from inference.conversation import ToolCall
from inference.providers import base, faults, sse, transport
from inference.providers.anthropic_form import parameters

NAME = "Anthropic"


class AnthropicProvider:
    """Retries are the job's, not the SDK's: a retry must be seen, counted and outlive this process."""

    def __init__(self, *, api_key: str, base_url: str, deadline: float, guarded: bool = False) -> None:
        self.key = api_key
        options = transport.options(guarded=guarded, vendored=AiohttpTransport)
        self.client = anthropic.AsyncAnthropic(
            api_key=api_key,
            base_url=base_url,
            max_retries=0,
            timeout=transport.timeout(deadline),
            http_client=anthropic.DefaultAioHttpClient(**options),
        )

    async def stream(self, call: base.Call) -> AsyncGenerator[base.Piece]:
        response, reader = None, _Reader(self.key, answers_by_tool=call.prompt.schema is not None)
        try:
            response = await self._asked(call)
            async for events in sse.data_of(response):
                for piece in reader.pieces(events):
                    yield piece
                if reader.is_done:
                    break
        except anthropic.APIStatusError as error:
            headers = error.response.headers
            raise _translated(error.body, self.key, status=error.status_code, headers=headers) from error
        except (anthropic.APIConnectionError, *faults.OF_TRANSPORT) as error:
            raise faults.of_transport(NAME, error, begun=response is not None) from error
        except (anthropic.AnthropicError, *faults.OF_CONTENT) as error:
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
            "/v1/messages",
            cast_to=httpx2.Response,
            body=parameters(call),
            stream=True,
            stream_cls=anthropic.AsyncStream[Any],
        )
        return cast("httpx2.Response", answer)


def _translated(body: Any, key: str, *, status: int, headers: Mapping[str, str]) -> base.ProviderError:
    facts: Mapping[str, Any] = body if isinstance(body, dict) else {}
    detail: Any = facts.get("error")
    kind = str(detail.get("type") or "") if isinstance(detail, dict) else ""
    return faults.of_status(NAME, status=status, body=facts, kind=kind, headers=headers, key=key)


class _Usage(msgspec.Struct):
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None


class _Message(msgspec.Struct):
    usage: _Usage


class _Block(msgspec.Struct):
    type: str
    id: str = ""
    name: str = ""


class _Delta(msgspec.Struct):
    type: str = ""
    text: str = ""
    partial_json: str = ""
    stop_reason: str | None = None


class _Event(msgspec.Struct):
    """Of any event, what is made use of; https://docs.anthropic.com/en/docs/build-with-claude/streaming."""

    type: str
    message: _Message | None = None
    content_block: _Block | None = None
    delta: _Delta = msgspec.field(default_factory=_Delta)
    usage: _Usage = msgspec.field(default_factory=_Usage)
    error: Any = None


_events = msgspec.json.Decoder(_Event)


class _Reader:
    """Makes pieces of events; a tool call comes in parts, and is a piece once it is whole.

    Where an answer is to keep to a schema, it comes as the arguments of a tool, and is the text.
    """

    def __init__(self, key: str, *, answers_by_tool: bool) -> None:
        self.key = key
        self.answers_by_tool = answers_by_tool
        self.read = base.Usage(0, 0)
        self.call: ToolCall | None = None
        self.has_ended = self.is_done = False

    def pieces(self, events: list[bytes]) -> Iterator[base.Piece]:
        """One by one: what comes before a failure was said."""
        for event in events:
            yield from self._of(_events.decode(event))

    def _of(self, event: _Event) -> list[base.Piece]:
        match event.type:
            case "content_block_delta":
                return self._delta(event.delta)
            case "message_start" if event.message:
                self.read = _read(event.message.usage)
            case "content_block_start" if event.content_block and event.content_block.type == "tool_use":
                self.call = ToolCall(event.content_block.id, event.content_block.name, "")
            case "content_block_stop":
                call, self.call = self.call, None
                return [call] if call and not self.answers_by_tool else []
            case "message_delta":
                return self._end(event)
            case "message_stop":
                self.is_done = True
            case "error":
                # It comes without a status of its own.
                raise _translated({"error": event.error}, self.key, status=200, headers={})
        return []

    def _delta(self, delta: _Delta) -> list[base.Piece]:
        if delta.type == "text_delta" and delta.text and not self.answers_by_tool:
            return [base.Delta(delta.text)]
        if delta.type == "input_json_delta" and self.call and delta.partial_json:
            self.call = replace(self.call, arguments=self.call.arguments + delta.partial_json)
            return [base.Delta(delta.partial_json)] if self.answers_by_tool else []
        return []

    def _end(self, event: _Event) -> list[base.Piece]:
        # Its thinking is a part of the output that it does not count apart.
        usage = replace(self.read, tokens_output=event.usage.output_tokens or 0)
        if event.delta.stop_reason is None:
            return [usage]
        if event.delta.stop_reason == "refusal":
            raise base.refused(NAME)
        self.has_ended = True
        return [usage, base.End(self._reason(event.delta.stop_reason))]

    def _reason(self, word: str) -> FinishReason:
        if word in {"max_tokens", "model_context_window_exceeded"}:
            return FinishReason.LENGTH
        return FinishReason.TOOL_CALLS if word == "tool_use" and not self.answers_by_tool else FinishReason.STOP


def _read(usage: _Usage) -> base.Usage:
    """Anthropic counts cached tokens apart; here input is all that was read."""
    cached = usage.cache_read_input_tokens or 0
    return base.Usage((usage.input_tokens or 0) + (usage.cache_creation_input_tokens or 0) + cached, 0, cached)
