"""Anthropic's Messages API and OpenAI's chat completions, streamed as those services stream them.

How a request goes is written in the last message of a user that says so, as `@sim tokens=20 delay=0.05 …`:

    tokens=N       how many words the answer has (default 8)
    delay=S        seconds before each word
    first=S        seconds before the first
    fail=STATUS    an error answer instead, e.g. 429, 500, 529, 401
    times=N        the first N such requests fail, then it goes well (default: all of them)
    retry_after=S  the header of a failure; retry_after_ms=N and retry_after_date=S (from now) are its other forms
    cut=N          the connection ends after N words
    stall=N        nothing more comes after N words, and the connection stays open
    odd=1          with fail: its message holds NUL and half a character
    error=N        an error inside the stream after N words
    refuse=1       the model refuses
    limit=1        the answer ends at its limit of tokens
    long=1         the prompt is too long
    silent=1       no byte of an answer comes; head=1: its head and no more
    redirect=1     to elsewhere; page=1: a web page; gzip=1: what says that it is packed and is not
    garbage=N      a chunk that is no JSON after N words; huge=N: a line of megabytes
    usage=WORD     `none`, `first` or `twice`, where it otherwise comes once and last
    endless=1      the stream ends without saying why
    say=TEXTS      what the answer is instead of words, in base64; with commas between, the second is the answer to
                   the next turn after that message, and so on (`saying` writes it)
    chances=JSON   in base64: the likely tokens in the place of the first, with the logarithms of their chances;
                   OpenAI's form alone has them, where the request asks for logprobs
    without=NAME   the model refuses a request that has this parameter, as some do logprobs and response_format
    tool=NAME      the model wants this function called, with {"town": "Oslo"}
    pass=1         … with {"text": what stood before the options}, in pieces of three characters
    stamp=1        each word is the time at which it is sent, in seconds since 1970
    repeat=1       the answer is what stood before the options, in pieces of three characters
    echo=TEXT      is not read; makes one request distinct from another

Alone: `python -m tests.simulators.llm --port 9000`.
"""

import argparse
import asyncio
import base64
import json
import re
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any

_OPTION = re.compile(r"(\w+)=(\S+)")
# What a real endpoint would say in full.
_KINDS = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    404: "not_found_error",
    429: "rate_limit_error",
    500: "api_error",
    529: "overloaded_error",
}
CACHED = 3
_ARGUMENTS = ['{"to', 'wn": "Os', 'lo"}']


class Cut(Exception):
    """The connection is to be closed here."""


class Spoiled(Exception):
    """These bytes are sent instead of what should come, and then the end of the body."""

    def __init__(self, payload: bytes) -> None:
        super().__init__()
        self.payload = payload


def words(count: int) -> list[str]:
    """The answer to `tokens=count`; not all of it ASCII."""
    return [f"wörd{number} " for number in range(count)]


def saying(*answers: str) -> str:
    """The option for these answers, one after another."""
    return "say=" + ",".join(base64.urlsafe_b64encode(answer.encode()).decode() for answer in answers)


def likely(**logprobs: float) -> str:
    """The option for these tokens, by name, with the logarithms of their chances."""
    return "chances=" + base64.urlsafe_b64encode(json.dumps(logprobs).encode()).decode()


def said(content: Any) -> str:
    """A message's text, whether it stands alone or in parts."""
    if isinstance(content, str):
        return content
    return "\n".join(str(part.get("text") or part.get("content") or "") for part in content)


def _threes(text: str) -> list[str]:
    return [text[start : start + 3] for start in range(0, len(text), 3)]


@dataclass(slots=True)
class Options:
    """What one request asked of the simulator; `turn` counts the answers since."""

    given: dict[str, str]
    turn: int = 0
    before: str = ""

    @classmethod
    def of(cls, messages: list[dict[str, Any]]) -> "Options":
        texts = [said(message["content"] or "") for message in messages if message["role"] == "user"]
        turn = next((turn for turn, text in enumerate(reversed(texts)) if "@sim" in text), 0)
        before, _, tail = texts[-1 - turn].rpartition("@sim") if texts else ("", "", "")
        return cls(dict(_OPTION.findall(tail)), turn, before)

    @property
    def words(self) -> list[str]:
        if "repeat" in self.given:
            return _threes(self.before)
        if "say" not in self.given:
            return words(int(self.number("tokens", 8)))
        answers = self.given["say"].split(",")
        text = base64.urlsafe_b64decode(answers[min(self.turn, len(answers) - 1)]).decode()
        return re.findall(r"\S+\s*|\s+", text)

    @property
    def arguments(self) -> list[str]:
        """Of the tool that is wanted, in parts."""
        return _threes(json.dumps({"text": self.before.strip()})) if "pass" in self.given else _ARGUMENTS

    def logprobs(self, token: str) -> dict[str, Any] | None:
        """Of a first token, as OpenAI writes them."""
        if "chances" not in self.given:
            return None
        found = json.loads(base64.urlsafe_b64decode(self.given["chances"]))
        top = [{"token": name, "logprob": chance, "bytes": None} for name, chance in found.items()]
        return {
            "content": [{"token": token, "logprob": found.get(token, -9999.0), "bytes": None, "top_logprobs": top}]
        }

    def with_chances(
        self, choices: list[dict[str, Any]], payload: dict[str, Any], *, first: bool
    ) -> list[dict[str, Any]]:
        """These choices of a chunk, with the chances of their token if it is the first and they are asked for."""
        if first and payload.get("logprobs"):
            choices[0]["logprobs"] = self.logprobs(choices[0]["delta"]["content"])
        return choices

    def number(self, name: str, default: float = 0) -> float:
        return float(self.given.get(name, default))

    def reason(self, *, refused: str, limit: str, tool: str, stop: str) -> str:
        """Why the answer ends, in the service's own word."""
        found = (
            word for name, word in (("refuse", refused), ("limit", limit), ("tool", tool)) if name in self.given
        )
        return next(found, stop)

    async def answer(self) -> AsyncIterator[str]:
        """The words at their times; raises Cut where the connection is to end.

        Each stream keeps its own pace: one word that was late makes none of the next ones late. With a pause after
        each instead, streams that were late together stay together, and hundreds end up speaking in a few bursts.
        """
        loop = asyncio.get_running_loop()
        await asyncio.sleep(self.number("first"))
        due = loop.time()
        for index, word in enumerate(self.words):
            if str(index) == self.given.get("cut"):
                raise Cut
            if str(index) == self.given.get("stall"):
                await asyncio.sleep(3600)
            if str(index) == self.given.get("garbage"):
                raise Spoiled(b'event: content_block_delta\ndata: {"half": \n\n')
            if str(index) == self.given.get("huge"):
                raise Spoiled(b"data: " + b"x" * (6 * 2**20))
            due += self.number("delay")
            await asyncio.sleep(due - loop.time())
            yield f"{time.time():.6f} " if "stamp" in self.given else word


@dataclass
class Simulator:
    """A server on a port of its own; `requests` holds what came in, `attempts` counts equal prompts.

    Of these, `answered` were answered whole, and in the middle of `left` the client went. `open` are under way.
    """

    requests: list[dict[str, Any]] = field(default_factory=list)
    attempts: Counter[str] = field(default_factory=Counter)
    answered: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)
    open: int = 0
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
        _end_with(reader)
        try:
            while request := await _read(reader):
                await self._answer(*request, writer)
                if request[1].get("connection") == "close":
                    return
        except (Cut, ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client went, or the simulator ends
        finally:
            writer.close()

    async def _answer(self, path: str, headers: dict[str, str], body: bytes, writer: asyncio.StreamWriter) -> None:
        payload = json.loads(body)
        self.requests.append({"path": path, "headers": headers, "body": payload})
        prompt = said(payload["messages"][-1]["content"])
        self.attempts[prompt] += 1
        options = Options.of(payload["messages"])
        failing = self.attempts[prompt] <= options.number("times", 1_000_000)
        anthropic = path.endswith("/messages")
        if "fail" in options.given and failing:
            key = headers.get("authorization") or headers.get("x-api-key", "")
            await _fail(writer, int(options.number("fail")), options, key, anthropic=anthropic)
            return
        if "long" in options.given or options.given.get("without") in payload:
            await _fail(writer, 400, options, "", anthropic=anthropic)
            return
        if failing and await _instead(writer, options):
            return
        writer.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n"
            b"request-id: req_sim\r\n\r\n"
        )
        if "head" in options.given:
            await writer.drain()
            await asyncio.sleep(3600)
        stream = _anthropic(payload, options) if anthropic else _openai(payload, options)
        with self._counted(prompt):
            try:
                async for event in stream:
                    writer.write(b"%x\r\n%s\r\n" % (len(event), event))
                    await writer.drain()
            except Spoiled as spoiled:
                writer.write(b"%x\r\n%s\r\n" % (len(spoiled.payload), spoiled.payload))
            writer.write(b"0\r\n\r\n")
            await writer.drain()

    @contextmanager
    def _counted(self, prompt: str) -> Iterator[None]:
        self.open += 1
        try:
            yield
        except (ConnectionError, asyncio.CancelledError):
            self.left[prompt] += 1
            raise
        finally:
            self.open -= 1
        self.answered[prompt] += 1


def _end_with(reader: asyncio.StreamReader) -> None:
    """End this task in whatever it waits for, when the client goes."""
    task, ended = asyncio.current_task(), reader.feed_eof

    def end() -> None:
        ended()
        if task is not None:
            task.cancel()

    reader.feed_eof = end  # type: ignore[method-assign]


async def _read(reader: asyncio.StreamReader) -> tuple[str, dict[str, str], bytes] | None:
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return lines[0].split(" ")[1], headers, body


async def _instead(writer: asyncio.StreamWriter, options: Options) -> bool:
    """What is no stream at all; whether that was asked for."""
    if "silent" in options.given:
        await asyncio.sleep(3600)
    answers = {
        "redirect": b"HTTP/1.1 307 Elsewhere\r\nlocation: http://127.0.0.1:1/v1\r\ncontent-length: 0\r\n\r\n",
        "page": b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 15\r\n\r\n<h1>Welcome</h1>",
        "gzip": b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-encoding: gzip\r\n"
        b"content-length: 8\r\n\r\nnot gzip",
    }
    found = next((answer for name, answer in answers.items() if name in options.given), None)
    if found is None:
        return False
    writer.write(found)
    await writer.drain()
    return True


async def _fail(writer: asyncio.StreamWriter, status: int, options: Options, key: str, *, anthropic: bool) -> None:
    kind = _KINDS.get(status, "api_error")
    # As real ones do, it quotes the key that it does not like, or whose it is.
    error: dict[str, Any] = {"type": kind, "message": f"Simulated {kind} of {key} in org-acme123."}
    if not anthropic:
        error |= {"param": None, "code": None}
    if "long" in options.given:
        error["message"] = "prompt is too long: 9 tokens > 8 maximum"
        error |= {} if anthropic else {"message": "Too many.", "code": "context_length_exceeded"}
    if "odd" in options.given:
        error["message"] = "Odd \x00 and \ud800."
    body = json.dumps({"type": "error", "error": error} if anthropic else {"error": error}).encode()
    head = f"HTTP/1.1 {status} Simulated\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
    for name in ("retry_after", "retry_after_ms"):
        if name in options.given:
            head += f"{name.replace('_', '-')}: {options.given[name]}\r\n"
    if "retry_after_date" in options.given:
        head += f"retry-after: {formatdate(time.time() + options.number('retry_after_date'), usegmt=True)}\r\n"
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
    # Told to call a tool, the model's answer is that tool's input.
    forced = (payload.get("tool_choice") or {}).get("type") == "tool" and "say" in options.given
    called = {"type": "tool_use", "id": "toolu_sim", "name": "answer", "input": {}}
    yield event("content_block_start", index=0, content_block=called if forced else {"type": "text", "text": ""})
    yield event("ping")
    count = 0
    async for word in options.answer():
        if str(count) == options.given.get("error"):
            yield event("error", error={"type": "overloaded_error", "message": "Overloaded"})
            return
        count += 1
        delta = (
            {"type": "input_json_delta", "partial_json": word} if forced else {"type": "text_delta", "text": word}
        )
        yield event("content_block_delta", index=0, delta=delta)
    yield event("content_block_stop", index=0)
    if name := options.given.get("tool"):
        called = {"type": "tool_use", "id": "toolu_sim", "name": name, "input": {}}
        yield event("content_block_start", index=1, content_block=called)
        for part in options.arguments:
            yield event("content_block_delta", index=1, delta={"type": "input_json_delta", "partial_json": part})
        yield event("content_block_stop", index=1)
    if "endless" in options.given:
        return
    reason = options.reason(refused="refusal", limit="max_tokens", tool="tool_use", stop="end_turn")
    ending = {"stop_reason": reason, "stop_sequence": None}
    if options.given.get("usage") in {"first", "twice"}:
        yield event("message_delta", delta={"stop_reason": None}, usage={"output_tokens": count})
    yield event("message_delta", delta=ending, usage={"output_tokens": count})
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

    def delta(finish_reason: str | None = None, **content: Any) -> list[dict[str, Any]]:
        return [{"index": 0, "delta": content, "logprobs": None, "finish_reason": finish_reason}]

    def usage(written: int) -> bytes:
        counted = {
            "prompt_tokens": 11 + CACHED,
            "completion_tokens": written,
            "total_tokens": 11 + CACHED + written,
        }
        return chunk([], usage={**counted, "prompt_tokens_details": {"cached_tokens": CACHED}})

    told = options.given.get("usage", "last")
    if told == "first":
        yield usage(int(options.number("tokens", 8)))
    yield chunk(delta(role="assistant", content=""))
    count = 0
    async for word in options.answer():
        if str(count) == options.given.get("error"):
            yield b'data: {"error": {"message": "Simulated failure", "type": "server_error", "code": null}}\n\n'
            return
        count += 1
        yield chunk(options.with_chances(delta(content=word), payload, first=count == 1))
    for called in _called(options):
        yield chunk(delta(tool_calls=[called]))
    if "endless" in options.given:
        return
    reason = options.reason(refused="content_filter", limit="length", tool="tool_calls", stop="stop")
    yield chunk(delta(reason))
    for _ in range({"none": 0, "first": 0, "twice": 2}.get(told, 1) if _wants_usage(payload) else 0):
        yield usage(count)
    yield b"data: [DONE]\n\n"


def _wants_usage(payload: dict[str, Any]) -> bool:
    return bool((payload.get("stream_options") or {}).get("include_usage"))


def _called(options: Options) -> list[dict[str, Any]]:
    """A wish for a tool, in parts."""
    if not (name := options.given.get("tool")):
        return []
    first = {"index": 0, "id": "call_sim", "type": "function", "function": {"name": name, "arguments": ""}}
    return [first, *({"index": 0, "function": {"arguments": part}} for part in options.arguments)]


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
