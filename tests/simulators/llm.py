"""Anthropic's Messages API and OpenAI's chat completions, streamed as those services stream them.

How a request goes is written in its last message, as `@sim tokens=20 delay=0.05 …`:

    tokens=N       how many words the answer has (default 8)
    delay=S        seconds before each word
    first=S        seconds before the first
    fail=STATUS    an error answer instead, e.g. 429, 500, 529, 401
    times=N        the first N such requests fail, then it goes well (default: all of them)
    retry_after=S  the header of a failure
    cut=N          the connection ends after N words
    stall=N        nothing more comes after N words, and the connection stays open
    error=N        an error inside the stream after N words
    refuse=1       the model refuses
    limit=1        the answer ends at its limit of tokens
    echo=TEXT      is not read; makes one request distinct from another

Alone: `python -m tests.simulators.llm --port 9000`.
"""

import argparse
import asyncio
import json
import re
import threading
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

_OPTION = re.compile(r"(\w+)=(\S+)")
# What a real endpoint would say in full.
_KINDS = {
    400: "invalid_request_error",
    401: "authentication_error",
    429: "rate_limit_error",
    500: "api_error",
    529: "overloaded_error",
}
CACHED = 3


class Cut(Exception):
    """The connection is to be closed here."""


def words(count: int) -> list[str]:
    """The answer to `tokens=count`; not all of it ASCII."""
    return [f"wörd{number} " for number in range(count)]


@dataclass(slots=True)
class Options:
    """What one request asked of the simulator."""

    given: dict[str, str]

    @classmethod
    def of(cls, prompt: str) -> "Options":
        _, _, tail = prompt.rpartition("@sim")
        return cls(dict(_OPTION.findall(tail)))

    def number(self, name: str, default: float = 0) -> float:
        return float(self.given.get(name, default))

    async def answer(self) -> AsyncIterator[str]:
        """The words at their times; raises Cut where the connection is to end."""
        await asyncio.sleep(self.number("first"))
        for index, word in enumerate(words(int(self.number("tokens", 8)))):
            if str(index) == self.given.get("cut"):
                raise Cut
            if str(index) == self.given.get("stall"):
                await asyncio.sleep(3600)
            await asyncio.sleep(self.number("delay"))
            yield word


@dataclass
class Simulator:
    """A server on a port of its own; `requests` holds what came in, `attempts` counts equal prompts."""

    requests: list[dict[str, Any]] = field(default_factory=list)
    attempts: Counter[str] = field(default_factory=Counter)
    port: int = 0

    @property
    def anthropic_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def openai_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    async def serve(self, port: int = 0) -> asyncio.Server:
        server = await asyncio.start_server(self._connection, "127.0.0.1", port)
        self.port = server.sockets[0].getsockname()[1]
        return server

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while request := await _read(reader):
                await self._answer(*request, writer)
        except (Cut, ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client went, or the simulator ends
        finally:
            writer.close()

    async def _answer(self, path: str, headers: dict[str, str], body: bytes, writer: asyncio.StreamWriter) -> None:
        payload = json.loads(body)
        self.requests.append({"path": path, "headers": headers, "body": payload})
        prompt = payload["messages"][-1]["content"]
        self.attempts[prompt] += 1
        options = Options.of(prompt)
        failing = self.attempts[prompt] <= options.number("times", 1_000_000)
        anthropic = path.endswith("/messages")
        if "fail" in options.given and failing:
            await _fail(writer, int(options.number("fail")), options, anthropic=anthropic)
            return
        writer.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n"
            b"request-id: req_sim\r\n\r\n"
        )
        stream = _anthropic(payload, options) if anthropic else _openai(payload, options)
        async for event in stream:
            writer.write(b"%x\r\n%s\r\n" % (len(event), event))
            await writer.drain()
        writer.write(b"0\r\n\r\n")
        await writer.drain()


async def _read(reader: asyncio.StreamReader) -> tuple[str, dict[str, str], bytes] | None:
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return lines[0].split(" ")[1], headers, body


async def _fail(writer: asyncio.StreamWriter, status: int, options: Options, *, anthropic: bool) -> None:
    kind = _KINDS.get(status, "api_error")
    error: dict[str, Any] = {"type": kind, "message": f"Simulated {kind}."}
    if not anthropic:
        error |= {"param": None, "code": None}
    body = json.dumps({"type": "error", "error": error} if anthropic else {"error": error}).encode()
    head = f"HTTP/1.1 {status} Simulated\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
    if "retry_after" in options.given:
        head += f"retry-after: {options.given['retry_after']}\r\n"
    writer.write(head.encode() + b"\r\n" + body)
    await writer.drain()


async def _anthropic(payload: dict[str, Any], options: Options) -> AsyncIterator[bytes]:
    def event(name: str, **data: Any) -> bytes:
        return f"event: {name}\ndata: {json.dumps({'type': name, **data})}\n\n".encode()

    usage = {"input_tokens": 11, "cache_creation_input_tokens": 0, "cache_read_input_tokens": CACHED}
    message = {
        "id": "msg_sim",
        "type": "message",
        "role": "assistant",
        "model": payload["model"],
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {**usage, "output_tokens": 1},
    }
    yield event("message_start", message=message)
    yield event("content_block_start", index=0, content_block={"type": "text", "text": ""})
    yield event("ping")
    count = 0
    async for word in options.answer():
        if str(count) == options.given.get("error"):
            yield event("error", error={"type": "overloaded_error", "message": "Overloaded"})
            return
        count += 1
        yield event("content_block_delta", index=0, delta={"type": "text_delta", "text": word})
    yield event("content_block_stop", index=0)
    reason = "refusal" if "refuse" in options.given else "max_tokens" if "limit" in options.given else "end_turn"
    delta = {"stop_reason": reason, "stop_sequence": None}
    yield event("message_delta", delta=delta, usage={"output_tokens": count})
    yield event("message_stop")


async def _openai(payload: dict[str, Any], options: Options) -> AsyncIterator[bytes]:
    def chunk(choices: list[dict[str, Any]], **more: Any) -> bytes:
        body = {
            "id": "chatcmpl-sim",
            "object": "chat.completion.chunk",
            "created": 1_700_000_000,
            "model": payload["model"],
            "choices": choices,
            **more,
        }
        return f"data: {json.dumps(body)}\n\n".encode()

    def delta(finish_reason: str | None = None, **content: str) -> list[dict[str, Any]]:
        return [{"index": 0, "delta": content, "logprobs": None, "finish_reason": finish_reason}]

    yield chunk(delta(role="assistant", content=""))
    count = 0
    async for word in options.answer():
        if str(count) == options.given.get("error"):
            yield b'data: {"error": {"message": "Simulated failure", "type": "server_error", "code": null}}\n\n'
            return
        count += 1
        yield chunk(delta(content=word))
    reason = "content_filter" if "refuse" in options.given else "length" if "limit" in options.given else "stop"
    yield chunk(delta(reason))
    if (payload.get("stream_options") or {}).get("include_usage"):
        usage = {"prompt_tokens": 11 + CACHED, "completion_tokens": count, "total_tokens": 11 + CACHED + count}
        yield chunk([], usage={**usage, "prompt_tokens_details": {"cached_tokens": CACHED}})
    yield b"data: [DONE]\n\n"


class InThread:
    """A simulator in a thread of this process, for as long as the block lasts."""

    def __init__(self, port: int = 0) -> None:
        self.simulator = Simulator()
        self.wanted = port
        self.ready = threading.Event()
        self.thread = threading.Thread(target=lambda: asyncio.run(self._main()), daemon=True)

    def __enter__(self) -> Simulator:
        self.thread.start()
        self.ready.wait(10)
        return self.simulator

    def __exit__(self, *_: object) -> None:
        self.loop.call_soon_threadsafe(self.end.set)
        self.thread.join(10)

    async def _main(self) -> None:
        self.loop, self.end = asyncio.get_running_loop(), asyncio.Event()
        server = await self.simulator.serve(self.wanted)
        self.ready.set()
        await self.end.wait()
        server.close()


async def _alone(port: int) -> None:
    simulator = Simulator()
    server = await simulator.serve(port)
    print(f"ANTHROPIC_BASE_URL={simulator.anthropic_url} OPENAI_BASE_URL={simulator.openai_url}")  # noqa: T201
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=9000)
    asyncio.run(_alone(parser.parse_args().port))
