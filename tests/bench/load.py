"""`python -m tests.bench.load`: a light client in a process of its own, which measures the server and not itself.

Reads an `Order` as JSON from standard input and writes a `Report` as JSON to standard output. All requests are
built before the first is sent; connections are kept alive. What goes on for some time sends them again and again,
each time under other message ids.
"""

import asyncio
import base64
import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import partial
from typing import cast

import uvloop

HEAD_END = b"\r\n\r\n"
LENGTH = b"content-length: "


@dataclass(frozen=True, slots=True)
class Order:
    """`batch` events a request, or single ones where it is 0; `seed` makes the message ids of a round its own.

    With `seconds`, so many at `rate` requests a second; without, as fast as answers come, each once.
    """

    port: int
    key: str
    requests: int
    clients: int
    batch: int
    seed: int
    rate: float = 0.0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Report:
    """`p50` and `p99` are of the answers' times, all in seconds; `answers` is how many came."""

    seconds: float
    p50: float
    p99: float
    answers: int


def send(order: Order) -> Report:
    """Have another process send it."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.load"],
        input=json.dumps(asdict(order)).encode(),
        stdout=subprocess.PIPE,
        check=True,
    )
    return Report(**json.loads(done.stdout))


def event(number: int, seed: int) -> dict[str, object]:
    chance = random.Random(number)
    return {
        "type": "track",
        "event": f"Action {number % 20}",
        "messageId": f"{seed:08x}-{number:012x}-{chance.getrandbits(64):016x}",
        "anonymousId": f"visitor-{number % 5000}",
        "timestamp": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime()),
        "properties": {"plan": "pro", "seats": number % 50, "path": f"/page/{number % 100}"},
        "context": {"page": {"url": f"https://example.test/page/{number % 100}"}},
    }


def bodies(order: Order) -> Iterator[bytes]:
    for number in range(order.requests):
        if order.batch:
            first = number * order.batch
            found: object = {"batch": [event(first + place, order.seed) for place in range(order.batch)]}
        else:
            found = event(number, order.seed)
        yield json.dumps(found).encode()


def request(order: Order, body: bytes) -> bytes:
    path = "/v1/batch" if order.batch else "/v1/track"
    credentials = base64.b64encode(f"{order.key}:".encode()).decode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{order.port}\r\nAuthorization: Basic {credentials}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def due(order: Order, made: list[bytes]) -> Iterator[tuple[float, bytes]]:
    """What to send, and how many seconds after the beginning."""
    if not order.seconds:
        yield from ((0.0, content) for content in made)
        return
    count = int(order.rate * order.seconds)
    for number in range(count):
        turn, place = divmod(number, len(made))
        # A message id begins with its seed, in eight digits.
        others = made[place].replace(f'"{order.seed:08x}-'.encode(), f'"{order.seed + turn:08x}-'.encode())
        yield number / order.rate, others


class Client(asyncio.Protocol):
    """Sends one request after the other on its connection until none is left, none before it is due."""

    def __init__(
        self, waiting: Iterator[tuple[float, bytes]], times: list[float], ended: asyncio.Future[None]
    ) -> None:
        self.waiting, self.times, self.ended = waiting, times, ended
        self.start = time.perf_counter()
        self.received = b""
        self.began = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.next()

    def next(self) -> None:
        if (found := next(self.waiting, None)) is None:
            self.ended.set_result(None)
            self.transport.close()
            return
        after, content = found
        early = self.start + after - time.perf_counter()
        if early > 0:
            asyncio.get_running_loop().call_later(early, self.write, content)
        else:
            self.write(content)

    def write(self, content: bytes) -> None:
        self.began = time.perf_counter()
        self.transport.write(content)

    def data_received(self, data: bytes) -> None:
        self.received += data
        head, end, body = self.received.partition(HEAD_END)
        if not end:
            return
        length = head.lower().partition(LENGTH)[2].partition(b"\r\n")[0]
        if len(body) < int(length):
            return
        if not head.startswith(b"HTTP/1.1 200"):
            self.ended.set_exception(RuntimeError(self.received.decode()))
            return
        self.times.append(time.perf_counter() - self.began)
        self.received = b""
        self.next()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_exception(exc or RuntimeError("The server hung up."))


async def measure(order: Order) -> Report:
    waiting = due(order, [request(order, body) for body in bodies(order)])
    times: list[float] = []
    loop = asyncio.get_running_loop()
    ends = [loop.create_future() for _ in range(order.clients)]
    began = time.perf_counter()
    for ended in ends:
        await loop.create_connection(partial(Client, waiting, times, ended), "127.0.0.1", order.port)
    await asyncio.gather(*ends)
    seconds = time.perf_counter() - began
    times.sort()
    return Report(seconds, times[len(times) // 2], times[int(len(times) * 0.99)], len(times))


def main() -> None:
    order = Order(**json.load(sys.stdin))
    json.dump(asdict(uvloop.run(measure(order))), sys.stdout)


if __name__ == "__main__":
    main()
